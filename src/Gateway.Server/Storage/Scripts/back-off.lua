-- back-off: a flow that could not be brought along waits, unless it was marked anew meanwhile.
--
-- KEYS 1 flow (hash)   2 dirty (zset)   3 ready (zset)
-- ARGV 1 generation   2 not before, in ms   3 why, for people
-- returns 1 | 0 where another generation is wanted by now
if redis.call('HGET', KEYS[1], 'gen') ~= ARGV[1] then return 0 end
redis.call('HINCRBY', KEYS[1], 'fails', 1)
redis.call('HSET', KEYS[1], 'not_before', ARGV[2], 'last_error', ARGV[3])
redis.call('ZREM', KEYS[3], KEYS[1])
redis.call('ZADD', KEYS[2], ARGV[2], KEYS[1])
return 1
