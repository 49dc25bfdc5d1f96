-- continue-glances: accounts at which a glance saw what was to be expected; each is verified by it, and due again later.
--
-- KEYS 1 glances (hash)   2 deadlines (zset)
-- ARGV 1 put off until, in ms, as claim-due was told   then for each account: itself, its glance as it was claimed, its new glance, its new deadline in ms
-- returns nothing; an account that changed meanwhile, or is to be looked at sooner, is left as it is
for i = 2, #ARGV, 4 do
  local account = ARGV[i]
  if redis.call('HGET', KEYS[1], account) == ARGV[i + 1] then
    redis.call('HSET', KEYS[1], account, ARGV[i + 2])
    if tonumber(redis.call('ZSCORE', KEYS[2], account) or '0') == tonumber(ARGV[1]) then
      redis.call('ZADD', KEYS[2], ARGV[i + 3], account)
    end
  end
end
