-- claim-due: accounts whose deadline has come, or events; each is put off, so that others leave it to the caller for a while.
--
-- KEYS 1 deadlines (zset)   2 glances (hash); or 1 outbox (zset)   2 events (hash)
-- ARGV 1 now in ms   2 put off until, in ms   3 most
-- returns account, its glance or '', for each; or event, its json
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, tonumber(ARGV[3]))
local answer = {}
for i, member in ipairs(due) do
  redis.call('ZADD', KEYS[1], ARGV[2], member)
  answer[2 * i - 1] = member
  answer[2 * i] = redis.call('HGET', KEYS[2], member) or ''
end
return answer
