-- settle-event: an event was delivered or given up, or is tried again later. One that is gone already stays gone.
--
-- KEYS 1 outbox (zset)   2 events (hash)
-- ARGV 1 id   2 due again in ms, '': never   3 its json, where it is due again
-- returns 1, or 0 where it was gone
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 0 then return 0 end
if ARGV[2] == '' then
  redis.call('ZREM', KEYS[1], ARGV[1])
  redis.call('HDEL', KEYS[2], ARGV[1])
else
  redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
  redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
end
return 1
