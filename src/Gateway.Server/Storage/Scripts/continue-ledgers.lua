-- continue-ledgers: flow ledgers of accounts at which nothing has changed go through a later block, and are due again later.
--
-- KEYS 1 ledgers (zset)   2… the ledger of each account (hash: at, json)
-- ARGV 1 put off until, in ms, as claim-due was told   2 due again, in ms   then for each account: itself, block|hash that its ledger went through, the new block|hash, json
-- returns how many; a ledger that stands elsewhere by now, or that is due sooner, is left as it is
local continued = 0
for i = 2, #KEYS do
  local at = 3 + (i - 2) * 4
  if redis.call('HGET', KEYS[i], 'at') == ARGV[at + 1] then
    redis.call('HSET', KEYS[i], 'at', ARGV[at + 2], 'json', ARGV[at + 3])
    continued = continued + 1
    if tonumber(redis.call('ZSCORE', KEYS[1], ARGV[at]) or '0') == tonumber(ARGV[1]) then redis.call('ZADD', KEYS[1], ARGV[2], ARGV[at]) end
  end
end
return continued
