-- read-directives: what a shard has for a reader, in order, with the positions to resume from.
--
-- KEYS 1 log (zset)   2 pending (zset)   3 directives (hash)   4 deliveries (hash)
-- ARGV 1 position: what comes after it is wanted   2 most
-- returns {seq, lease id, deliveries so far, json}*
local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
local found, count, most = {}, 0, tonumber(ARGV[2])

local function add(seq, lease)
  local json = redis.call('HGET', KEYS[3], seq)
  if not json then return end
  count = count + 1
  found[#found + 1] = seq
  found[#found + 1] = lease
  found[#found + 1] = redis.call('HGET', KEYS[4], seq) or '0'
  found[#found + 1] = json
end

-- The log is kept to a bound; what still waits for its report outlives it.
if not oldest[2] or tonumber(ARGV[1]) + 1 < tonumber(oldest[2]) then
  local before = oldest[2] and ('(' .. oldest[2]) or '+inf'
  local kept = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. ARGV[1], before, 'WITHSCORES', 'LIMIT', 0, most)
  for i = 1, #kept, 2 do add(string.format('%.0f', tonumber(kept[i + 1])), kept[i]) end
end
if count < most then
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[1], '+inf', 'LIMIT', 0, most - count)) do
    local bar = string.find(member, '|', 1, true)
    add(string.sub(member, 1, bar - 1), string.sub(member, bar + 1))
  end
end
return found
