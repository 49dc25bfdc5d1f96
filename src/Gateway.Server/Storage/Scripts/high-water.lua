-- high-water: writes down how far the lane has come, for whoever has to tell whether this store went back in time (chain-and-transactions.md §2.9).
--
-- KEYS 1 leader   2 hwm (hash: consumed, block, stamp, server, epoch, loss, shut, searched, journal, journal_from,
--      assumed, assumed_day)
-- ARGV 1 fencing token   2 consumed nonces   3 newest block   4 run of the server, '': not known
--      5 the block from which the journal on chain has to be read again, '': nothing was lost   6 end of the quiet time, ms: names the loss
-- returns {'OK', stamp, loss or '', whether it is shut off, whether it is searched, whether the journal is read, assumed_day or '', assumed} | {'FENCED'}
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return {'FENCED'} end
local known = redis.call('HMGET', KEYS[2], 'consumed', 'block', 'journal_from', 'loss')
redis.call('HSET', KEYS[2], 'consumed', string.format('%.0f', math.max(tonumber(known[1] or '0'), tonumber(ARGV[2]))),
  'block', string.format('%.0f', math.max(tonumber(known[2] or '0'), tonumber(ARGV[3]))), 'server', ARGV[4],
  'epoch', string.match(ARGV[1], '|(%d+)$'))
if ARGV[5] ~= '' then
  -- An earlier loss that was not made good yet reaches further back.
  local from = math.min(tonumber(known[3] or ARGV[5]), tonumber(ARGV[5]))
  -- Named by a time, since a number that only rises would begin anew in an empty store.
  local loss = math.max(tonumber(known[4] or '0') + 1, tonumber(ARGV[6]))
  redis.call('HSET', KEYS[2], 'journal_from', string.format('%.0f', from), 'loss', string.format('%.0f', loss))
  redis.call('HDEL', KEYS[2], 'journal')
end
local stamp = redis.call('HINCRBY', KEYS[2], 'stamp', 1)
local now = redis.call('HMGET', KEYS[2], 'loss', 'shut', 'searched', 'journal', 'assumed_day', 'assumed')
local loss = now[1] or ''
return {'OK', stamp, loss, (now[2] or '') == loss and 1 or 0, (now[3] or '') == loss and 1 or 0, now[4] and 1 or 0, now[5] or '', now[6] or '0'}
