-- reseed: raises what is known of a day's cost to what the chain says, and writes down what is assumed beyond it. Lowers nothing that was taken meanwhile.
--
-- KEYS 1 leader   2 hwm   3 budget (hash)
-- ARGV 1 fencing token   2 the loss that made it unknown   3 window of the budget   4 known, in nAVAX   5 assumed beyond that, in nAVAX, '0': nothing
-- returns 1 | 0: the token is deposed, or there was another loss since
if redis.call('GET', KEYS[1]) ~= ARGV[1] or redis.call('HGET', KEYS[2], 'loss') ~= ARGV[2] then return 0 end
if tonumber(redis.call('HGET', KEYS[3], ARGV[3]) or '0') < tonumber(ARGV[4]) then redis.call('HSET', KEYS[3], ARGV[3], ARGV[4]) end
if tonumber(ARGV[5]) > 0 then
  redis.call('HSET', KEYS[2], 'assumed', ARGV[5], 'assumed_day', ARGV[3])
else
  redis.call('HDEL', KEYS[2], 'assumed', 'assumed_day')
end
return 1
