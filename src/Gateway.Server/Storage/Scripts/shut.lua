-- shut: writes down that every shard is shut off from a loss: what is opened from then on waits until the journal on chain is read.
--
-- KEYS 1 leader   2 hwm
-- ARGV 1 fencing token   2 the loss
-- returns 1 | 0: the token is deposed, or there was another loss since
if redis.call('GET', KEYS[1]) ~= ARGV[1] or redis.call('HGET', KEYS[2], 'loss') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[2], 'shut', ARGV[2])
return 1
