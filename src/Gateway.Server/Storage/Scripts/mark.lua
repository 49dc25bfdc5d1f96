-- mark: takes over what an account wants of a flow. A newer generation ends any back-off.
--
-- KEYS 1 flow (hash)   2 dirty (zset)   3 ready (zset)
-- ARGV 1 rate   2 generation   3 urgency   4 not before, in ms   5 now in ms   6 W3C trace context or ''   7 contexts that are kept
-- returns 1 | 0 where the stored generation is not older
local flow = redis.call('HMGET', KEYS[1], 'gen', 'marked_at', 'traces')
if flow[1] and tonumber(ARGV[2]) <= tonumber(flow[1]) then return 0 end
redis.call('PERSIST', KEYS[1])
redis.call('HSET', KEYS[1], 'rate', ARGV[1], 'gen', ARGV[2], 'urgency', ARGV[3], 'not_before', ARGV[4], 'fails', '0', 'marked_at', flow[2] or ARGV[5])
redis.call('HDEL', KEYS[1], 'last_error')
if ARGV[6] ~= '' then
  local traces = {}
  for trace in string.gmatch(flow[3] or '', '[^,]+') do
    if trace ~= ARGV[6] then traces[#traces + 1] = trace end
  end
  traces[#traces + 1] = ARGV[6]
  while #traces > tonumber(ARGV[7]) do table.remove(traces, 1) end
  redis.call('HSET', KEYS[1], 'traces', table.concat(traces, ','))
end
-- It has another urgency now: whoever asks what is due puts it where it belongs.
redis.call('ZREM', KEYS[3], KEYS[1])
redis.call('ZADD', KEYS[2], ARGV[4], KEYS[1])
return 1
