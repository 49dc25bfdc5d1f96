-- close-period: writes down a period of an account that is closed, once, behind the one that was closed last.
--
-- KEYS 1 when each closed period ended (zset)   2 closed periods (hash)
-- ARGV 1 name   2 its end, in seconds   3 its json   4 name of the period that was closed last, '': none
-- returns 1 | 0 where it, or another one, was closed meanwhile
local last = redis.call('ZREVRANGE', KEYS[1], 0, 0)[1] or ''
if last ~= ARGV[4] or redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
return 1
