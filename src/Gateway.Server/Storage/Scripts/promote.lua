-- promote: flows whose time has come move from dirty, which is in the order of time, to ready, which is in the order of urgency.
--
-- KEYS 1 dirty (zset)   2 ready (zset)
-- ARGV 1 now in ms, then for each: flow, its place in ready
-- returns how many moved
local moved = 0
for i = 2, #ARGV, 2 do
  local notBefore = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if notBefore and tonumber(notBefore) <= tonumber(ARGV[1]) then
    redis.call('ZREM', KEYS[1], ARGV[i])
    redis.call('ZADD', KEYS[2], ARGV[i + 1], ARGV[i])
    moved = moved + 1
  end
end
return moved
