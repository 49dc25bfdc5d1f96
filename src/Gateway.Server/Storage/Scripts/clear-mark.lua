-- clear-mark: a lane has taken the mark over; a newer one stays.
--
-- KEYS 1 dirty (hash)
-- ARGV 1 flow   2 generation that was taken over
-- returns 1 | 0 where there is none, or another generation
local mark = redis.call('HGET', KEYS[1], ARGV[1])
if not mark or string.sub(mark, 1, #ARGV[2] + 1) ~= ARGV[2] .. '|' then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
return 1
