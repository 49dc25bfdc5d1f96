-- drop-usage: drops the oldest records of a lease's log of usage, all of them of what ended by the end of a closed period; their sum is kept.
--
-- KEYS 1 ledger (hash: kept)   2 when each closed period ended (zset)   3 log of usage (list)   4 what was dropped of the account (hash)
-- ARGV 1 end of a closed period, in seconds   2 field of the lease's sum   3 the sum as the caller found it, '': none   4 the sum with what goes
--      5 how many records go   6 the first of them
-- returns 1 | 0 where somebody else has dropped some meanwhile | -1 where there is no ledger, or no period was closed with that end
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('ZCOUNT', KEYS[2], ARGV[1], ARGV[1]) == 0 then return -1 end
if (redis.call('HGET', KEYS[4], ARGV[2]) or '') ~= ARGV[3] or redis.call('LINDEX', KEYS[3], 0) ~= ARGV[6] then return 0 end
-- As drop-segments: whoever reads the log and then this knows whether some was missing.
local kept = redis.call('HGET', KEYS[1], 'kept')
if not kept or tonumber(kept) < tonumber(ARGV[1]) then redis.call('HSET', KEYS[1], 'kept', ARGV[1]) end
redis.call('LTRIM', KEYS[3], ARGV[5], -1)
redis.call('HSET', KEYS[4], ARGV[2], ARGV[4])
return 1
