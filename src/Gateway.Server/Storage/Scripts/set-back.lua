-- set-back: moves a watcher's cursor back to a block that the chain still has; what was remembered above it is forgotten.
--
-- KEYS 1 cursor (hash: number, hash)   2 headers (zset)   3 re-scan (string)
-- ARGV 1 number   2 hash: where the caller found it   3 number   4 hash: where it goes
-- returns 1 | 0 where the cursor stands elsewhere by now
if redis.call('HGET', KEYS[1], 'number') ~= ARGV[1] or redis.call('HGET', KEYS[1], 'hash') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'number', ARGV[3], 'hash', ARGV[4])
redis.call('ZREMRANGEBYSCORE', KEYS[2], ARGV[3], '+inf')
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[3] .. '|' .. ARGV[4])
local scanned = redis.call('GET', KEYS[3])
if scanned and tonumber(scanned) > tonumber(ARGV[3]) then redis.call('SET', KEYS[3], ARGV[3]) end
return 1
