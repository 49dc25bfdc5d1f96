-- limits-lost: writes down that what was set by hand was lost, unless somebody has set it since it was read.
--
-- KEYS 1 limits
-- ARGV 1 json as it was read, '': there was none   2 the same with when the loss was found
-- returns 1 | 0: it is another one by now
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
