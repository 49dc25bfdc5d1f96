-- extend-ledger: moves an account's flow ledger on, with the segments that ended on the way.
--
-- KEYS 1 ledger (hash: at, json)   2 segments (zset)
-- ARGV 1 block|hash that the caller came from, '': no ledger yet   2 block|hash   3 json   4 '1': what was stored before is not to be kept
--      5… when a segment ended, in seconds, and its json, for each
-- returns 1 | 0 where the ledger stands elsewhere
if (redis.call('HGET', KEYS[1], 'at') or '') ~= ARGV[1] then return 0 end
if ARGV[4] == '1' then redis.call('DEL', KEYS[2]) end
redis.call('HSET', KEYS[1], 'at', ARGV[2], 'json', ARGV[3])
for i = 5, #ARGV, 2 do redis.call('ZADD', KEYS[2], ARGV[i], ARGV[i + 1]) end
return 1
