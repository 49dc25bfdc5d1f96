-- acquire: takes the leadership of a lane where it is free, or renews it (chain-and-transactions.md §2.4).
--
-- KEYS 1 leader   2 epoch
-- ARGV 1 owner (unique per start of a process)   2 how long, in ms
-- returns {1 granted | 0, fencing token "owner|epoch" of whoever leads, ms that are left}
local cur = redis.call('GET', KEYS[1])
if cur then
  if string.sub(cur, 1, #ARGV[1] + 1) ~= ARGV[1] .. '|' then return {0, cur, redis.call('PTTL', KEYS[1])} end
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return {1, cur, tonumber(ARGV[2])}
end
local t = redis.call('TIME')
local ms = t[1] * 1000 + math.floor(t[2] / 1000)
-- Hybrid epoch: stays monotonic even if a failover rolled the counter back.
local e = math.max(tonumber(redis.call('GET', KEYS[2]) or '0') + 1, ms)
redis.call('SET', KEYS[2], string.format('%.0f', e))
local tok = ARGV[1] .. '|' .. string.format('%.0f', e)
redis.call('SET', KEYS[1], tok, 'PX', ARGV[2])
return {1, tok, tonumber(ARGV[2])}
