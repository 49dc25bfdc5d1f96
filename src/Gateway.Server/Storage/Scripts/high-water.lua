-- high-water: writes down how far the lane has come, for whoever has to tell whether this store went back in time (chain-and-transactions.md §2.9).
--
-- KEYS 1 leader   2 hwm (hash: consumed, block, stamp, server, journal, journal_from)
-- ARGV 1 fencing token   2 consumed nonces   3 newest block   4 run of the server, '': not known
--      5 the block from which the journal on chain has to be read again, '': it need not
-- returns {'OK', stamp} | {'FENCED'}
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return {'FENCED'} end
local known = redis.call('HMGET', KEYS[2], 'consumed', 'block', 'journal_from')
redis.call('HSET', KEYS[2], 'consumed', string.format('%.0f', math.max(tonumber(known[1] or '0'), tonumber(ARGV[2]))),
  'block', string.format('%.0f', math.max(tonumber(known[2] or '0'), tonumber(ARGV[3]))), 'server', ARGV[4])
if ARGV[5] ~= '' then
  -- An earlier loss that was not made good yet reaches further back.
  local from = math.min(tonumber(known[3] or ARGV[5]), tonumber(ARGV[5]))
  redis.call('HSET', KEYS[2], 'journal_from', string.format('%.0f', from))
  redis.call('HDEL', KEYS[2], 'journal')
end
return {'OK', redis.call('HINCRBY', KEYS[2], 'stamp', 1)}
