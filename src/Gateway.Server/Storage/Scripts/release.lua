-- release: drops a slot for which nothing was ever signed, and frees its flows.
--
-- KEYS 1 leader   2 slots (zset)   3 slot:<nonce> (hash)   4 att:<nonce> (list)   5… flows (hash)
-- ARGV 1 fencing token   2 nonce   3 when the slot was reserved, in ms
-- returns {'OK'} | {'FENCED'} | {'HAS_ATTEMPTS'} | {'NO_SLOT'} | {'NOT_TOP'} | {'ANOTHER'}
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return {'FENCED'} end
-- Bytes may be in any pool: only the chain ends this slot.
if redis.call('EXISTS', KEYS[4]) == 1 then return {'HAS_ATTEMPTS'} end
local top = redis.call('ZREVRANGE', KEYS[2], 0, 0)[1]
if not redis.call('ZSCORE', KEYS[2], ARGV[2]) then return {'NO_SLOT'} end
-- A gap below an open slot would hold that one back for ever.
if top ~= ARGV[2] then return {'NOT_TOP'} end
-- The caller has read another slot of this nonce, from before a rollback: its flows would stay locked for ever.
if redis.call('HGET', KEYS[3], 'at') ~= ARGV[3] then return {'ANOTHER'} end
redis.call('ZREM', KEYS[2], ARGV[2])
redis.call('DEL', KEYS[3])
for i = 5, #KEYS do
  if redis.call('HGET', KEYS[i], 'inflight') == ARGV[2] then redis.call('HDEL', KEYS[i], 'inflight', 'inflight_gen') end
end
return {'OK'}
