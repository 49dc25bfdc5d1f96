-- acknowledge: the scheduler reported on a directive; it and what came before it for this lease wait no longer.
--
-- KEYS 1 pending (zset)   2 log (zset)   3 directives (hash)   4 deliveries (hash)
-- ARGV 1 lease id   2 seq that was reported on
-- returns 1 | 0 where nothing waited, or only a newer directive does
local waiting = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not waiting or tonumber(waiting) > tonumber(ARGV[2]) then return 0 end
redis.call('ZREM', KEYS[1], ARGV[1])
local seq = string.format('%.0f', tonumber(waiting))
if not redis.call('ZSCORE', KEYS[2], seq .. '|' .. ARGV[1]) then
  redis.call('HDEL', KEYS[3], seq)
  redis.call('HDEL', KEYS[4], seq)
end
return 1
