-- deliver: counts that directives are being handed over; before they are, so that a count is never too low.
--
-- KEYS 1 directives (hash)   2 deliveries (hash)
-- ARGV seq…
-- returns the count of each; 0 for one that is no longer kept
local counts = {}
for i, seq in ipairs(ARGV) do
  if redis.call('HEXISTS', KEYS[1], seq) == 1 then counts[i] = redis.call('HINCRBY', KEYS[2], seq, 1) else counts[i] = 0 end
end
return counts
