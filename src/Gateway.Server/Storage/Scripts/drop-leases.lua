-- drop-leases: drops leases that ended long ago, with all that is kept of each; what they used stays in one sum.
--
-- KEYS 1 ledger (hash: kept)   2 when each closed period ended (zset)   3 what was dropped of the account (hash)
--      4 ended (zset)   5 ended leases of the account (zset)   6 pending (zset)   7 log (zset)   8 directives (hash)   9 deliveries (hash)
--      then four of each lease: ended document, history, log of usage, void marker
-- ARGV 1 end of a closed period, in seconds; '': none of them was ever on a statement   2 account as text
--      3 the sum as the caller found it, '': none   4 the sum with what goes   5 how long the void marker is kept, in seconds
--      then two of each lease: id, its version
-- returns 1 | 0 where one of them, or the sum, has changed meanwhile | -1 where there is no ledger, or no period was closed with that end
if ARGV[1] ~= '' and (redis.call('EXISTS', KEYS[1]) == 0 or redis.call('ZCOUNT', KEYS[2], ARGV[1], ARGV[1]) == 0) then return -1 end
if (redis.call('HGET', KEYS[3], 'leases') or '') ~= ARGV[3] then return 0 end
local count = (#ARGV - 5) / 2
for i = 1, count do
  local stored, version = redis.call('GET', KEYS[6 + 4 * i]), ARGV[5 + 2 * i] .. '|'
  if not stored or string.sub(stored, 1, #version) ~= version then return 0 end
end

if ARGV[1] ~= '' then
  -- As drop-segments: whoever reads the leases and then this knows whether one was missing.
  local kept = redis.call('HGET', KEYS[1], 'kept')
  if not kept or tonumber(kept) < tonumber(ARGV[1]) then redis.call('HSET', KEYS[1], 'kept', ARGV[1]) end
end
redis.call('HSET', KEYS[3], 'leases', ARGV[4])
for i = 1, count do
  local id, first = ARGV[4 + 2 * i], 6 + 4 * i
  redis.call('DEL', KEYS[first], KEYS[first + 1], KEYS[first + 2])
  -- A request that found no lease of this id any more, and has claimed it before, stores none.
  redis.call('SET', KEYS[first + 3], '0', 'EX', ARGV[5])
  redis.call('HDEL', KEYS[3], 'u:' .. id)
  redis.call('ZREM', KEYS[4], id .. '|' .. ARGV[2])
  redis.call('ZREM', KEYS[5], id)
  -- Nobody reports on its last directive any more.
  local waiting = redis.call('ZSCORE', KEYS[6], id)
  if waiting then
    local seq = string.format('%.0f', tonumber(waiting))
    redis.call('ZREM', KEYS[6], id)
    if not redis.call('ZSCORE', KEYS[7], seq .. '|' .. id) then
      redis.call('HDEL', KEYS[8], seq)
      redis.call('HDEL', KEYS[9], seq)
    end
  end
end
return 1
