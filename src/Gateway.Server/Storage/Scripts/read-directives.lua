-- read-directives: what a shard has for a reader, in order, with the positions to resume from.
--
-- KEYS 1 log (zset)   2 pending (zset)   3 directives (hash)   4 deliveries (hash)   5 seq
-- ARGV 1 position: what comes after it is wanted   2 most
-- returns {position that was taken, {seq, lease id, deliveries so far, json}*}
local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
local position = ARGV[1]
-- A reader beyond the end has read what this log has lost: a server that it was moved to, whose clock is behind. He would wait for ever.
if tonumber(position) > tonumber(redis.call('GET', KEYS[5]) or position) then position = '0' end
local found, count, most = {position}, 0, tonumber(ARGV[2])

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
if not oldest[2] or tonumber(position) + 1 < tonumber(oldest[2]) then
  local before = oldest[2] and ('(' .. oldest[2]) or '+inf'
  local kept = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. position, before, 'WITHSCORES', 'LIMIT', 0, most)
  for i = 1, #kept, 2 do add(string.format('%.0f', tonumber(kept[i + 1])), kept[i]) end
end
if count < most then
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. position, '+inf', 'LIMIT', 0, most - count)) do
    local bar = string.find(member, '|', 1, true)
    add(string.sub(member, 1, bar - 1), string.sub(member, bar + 1))
  end
end
return found
