-- pending-directives: directives that wait for the scheduler's report, the oldest first.
--
-- KEYS 1 pending (zset)   2 directives (hash)   3 deliveries (hash)
-- ARGV 1 position: what comes after it is wanted   2 last position wanted   3 most
-- returns {seq, lease id, deliveries so far, json}*
local found = {}
local waiting = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[1], ARGV[2], 'WITHSCORES', 'LIMIT', 0, tonumber(ARGV[3]))
for i = 1, #waiting, 2 do
  local seq = string.format('%.0f', tonumber(waiting[i + 1]))
  local json = redis.call('HGET', KEYS[2], seq)
  if json then
    found[#found + 1] = seq
    found[#found + 1] = waiting[i]
    found[#found + 1] = redis.call('HGET', KEYS[3], seq) or '0'
    found[#found + 1] = json
  end
end
return found
