-- resign: gives the leadership up, if it is still held.
--
-- KEYS 1 leader
-- ARGV 1 fencing token
-- returns 1 | 0 where somebody else leads, or nobody
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
return 1
