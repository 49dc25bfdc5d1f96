-- claim-due: accounts whose deadline has come; each is put off, so that others leave it to the caller for a while.
--
-- KEYS 1 deadlines (zset)
-- ARGV 1 now in ms   2 put off until, in ms   3 most
-- returns accounts
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, tonumber(ARGV[3]))
for _, account in ipairs(due) do redis.call('ZADD', KEYS[1], ARGV[2], account) end
return due
