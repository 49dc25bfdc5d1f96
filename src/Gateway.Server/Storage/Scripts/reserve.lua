-- reserve: binds a nonce to a set of flows, which nobody else may take then (chain-and-transactions.md §2.4).
--
-- KEYS 1 leader   2 slots (zset)   3 slot:<nonce> (hash)   4… flows (hash)
-- ARGV 1 fencing token   2 nonce   3 most open slots   4 now in ms   5 what the slot is for, json   6… generation of each flow
-- returns {'OK'} | {'FENCED'} | {'NONCE_BOUND'} | {'TOO_MANY_OPEN'} | {'NOT_CONTIGUOUS', top} | {'FLOW_BUSY', flow, nonce} | {'STALE_GEN', flow, generation}
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return {'FENCED'} end
-- A nonce is never re-bound.
if redis.call('EXISTS', KEYS[3]) == 1 then return {'NONCE_BOUND'} end
if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[3]) then return {'TOO_MANY_OPEN'} end
local top = redis.call('ZREVRANGE', KEYS[2], 0, 0)[1]
if top and tonumber(ARGV[2]) ~= tonumber(top) + 1 then return {'NOT_CONTIGUOUS', top} end
for i = 4, #KEYS do
  local f = redis.call('HMGET', KEYS[i], 'gen', 'inflight')
  -- At most one intent per flow in flight.
  if f[2] then return {'FLOW_BUSY', KEYS[i], f[2]} end
  if f[1] ~= ARGV[i + 2] then return {'STALE_GEN', KEYS[i], f[1] or ''} end
end
redis.call('HSET', KEYS[3], 'state', 'reserved', 'json', ARGV[5], 'token', ARGV[1], 'at', ARGV[4], 'n', #KEYS - 3)
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[2])
for i = 4, #KEYS do redis.call('HSET', KEYS[i], 'inflight', ARGV[2], 'inflight_gen', ARGV[i + 2]) end
return {'OK'}
