-- advance: moves a watcher's cursor forward, after what the block holds was taken over.
--
-- KEYS 1 cursor (hash: number, hash)   2 headers (zset)
-- ARGV 1 number that the caller came from, '': none yet   2 number   3 hash   4 headers that are kept
-- returns 1 | 0 where the cursor stands elsewhere, or would not go forward
local at = redis.call('HGET', KEYS[1], 'number')
if (at or '') ~= ARGV[1] then return 0 end
if at and tonumber(ARGV[2]) <= tonumber(at) then return 0 end
redis.call('HSET', KEYS[1], 'number', ARGV[2], 'hash', ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[2], ARGV[2], ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[2] .. '|' .. ARGV[3])
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -(tonumber(ARGV[4]) + 1))
return 1
