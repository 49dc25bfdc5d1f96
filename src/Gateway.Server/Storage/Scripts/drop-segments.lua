-- drop-segments: drops segments of an account's flow ledger that ended before the end of a closed period, some at a time; their sums stay in the ledger.
--
-- KEYS 1 ledger (hash: kept)   2 segments (zset)   3 when each closed period ended (zset)
-- ARGV 1 end of a closed period, in seconds: what ended before may go   2 how many at most
-- returns how many were dropped | -1 where there is no ledger, or no period was closed with that end
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('ZCOUNT', KEYS[3], ARGV[1], ARGV[1]) == 0 then return -1 end
-- Said first and never taken back: whoever reads the segments and then this knows whether some were missing.
local kept = redis.call('HGET', KEYS[1], 'kept')
if not kept or tonumber(kept) < tonumber(ARGV[1]) then redis.call('HSET', KEYS[1], 'kept', ARGV[1]) end
local old = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', '(' .. ARGV[1], 'LIMIT', 0, ARGV[2])
if #old > 0 then redis.call('ZREM', KEYS[2], unpack(old)) end
return #old
