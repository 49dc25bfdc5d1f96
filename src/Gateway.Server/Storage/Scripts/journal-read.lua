-- journal-read: writes down that everything which the journal on chain tells is stored, unless more was lost since it was begun to be read.
--
-- KEYS 1 hwm
-- ARGV 1 block up to which it was read   2 the loss that it makes good, '': none is known
-- returns 1 | 0: there was another loss, or the shards are not shut off from this one yet
local known = redis.call('HMGET', KEYS[1], 'stamp', 'loss', 'shut')
if not known[1] or (known[2] or '') ~= ARGV[2] or (known[3] or '') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'journal', ARGV[1])
redis.call('HDEL', KEYS[1], 'journal_from')
return 1
