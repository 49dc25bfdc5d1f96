-- void-claim: bars a claim that led to no lease, so that another account may take its id over. In the shard of the account that has the claim.
--
-- KEYS 1 account (hash)   2 document of the ended lease   3 void marker
-- ARGV 1 lease id   2 number of the claim   3 how long the marker is kept, in seconds
-- returns 1 | 0 where the lease exists
if redis.call('HEXISTS', KEYS[1], 'l:' .. ARGV[1]) == 1 or redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
redis.call('SET', KEYS[3], ARGV[2], 'EX', ARGV[3])
return 1
