-- spend-claim: a lease id whose lease is about to be dropped is claimed by nobody any more, and is forgotten after a while.
--
-- KEYS 1 index of the lease id (hash: account, spent)
-- ARGV 1 account that has the lease   2 how long it is kept, in seconds
-- returns 1 | 0 where it is another account's
if redis.call('HGET', KEYS[1], 'account') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'spent', '1')
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1
