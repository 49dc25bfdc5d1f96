-- observe: what an executed block showed of a flow, outside of any slot. Idempotent; older blocks change nothing.
--
-- KEYS 1 flow (hash)   2 dirty (zset)   3 ready (zset)
-- ARGV 1 observed rate   2 its last update in s   3 block   4 now in ms
-- returns 1 dirty | 0 as it should be | -1 not a flow of this lane, or an older block
local flow = redis.call('HMGET', KEYS[1], 'rate', 'observed_block', 'inflight')
if not flow[1] or tonumber(ARGV[3]) < tonumber(flow[2] or '0') then return -1 end
redis.call('HSET', KEYS[1], 'observed', ARGV[1], 'observed_at', ARGV[2], 'observed_block', ARGV[3])
if flow[1] ~= ARGV[1] then
  -- What waits already goes on waiting: a back-off is not ended by looking.
  if not redis.call('ZSCORE', KEYS[3], KEYS[1]) and not redis.call('ZSCORE', KEYS[2], KEYS[1]) then redis.call('ZADD', KEYS[2], ARGV[4], KEYS[1]) end
  return 1
end
-- While a slot has it, that slot's end decides.
if not flow[3] then
  redis.call('ZREM', KEYS[2], KEYS[1])
  redis.call('ZREM', KEYS[3], KEYS[1])
  redis.call('HDEL', KEYS[1], 'marked_at', 'traces', 'fails', 'last_error')
  if ARGV[1] == '0' then redis.call('EXPIRE', KEYS[1], 86400) end
end
return 0
