-- attempt: writes signed bytes down. Must return OK, and be durable, BEFORE they are sent (chain-and-transactions.md §2.4, I1).
--
-- An amendment (§2.6.4) also says anew what the slot is for: all flows that it has locked, in newer generations, and some that it locks now. It never gives
-- a flow up, since an earlier attempt may still be mined.
--
-- KEYS 1 leader   2 slot:<nonce> (hash)   3 att:<nonce> (list)   4 hash (hash)   5 budget (hash)   6 hashes (list)   7… flows (hash) of an amendment
-- ARGV 1 fencing token   2 nonce   3 attempts that the caller knows   4 transaction hash   5 attempt, json with the raw bytes
--      6 the most it can cost, in nAVAX   7 window of the budget   8 cap of the window, in nAVAX   9 how many hashes are kept
--      10 what the slot is for now, json; '': as before   11… generation of each flow
-- returns {'OK'} | {'FENCED'} | {'NO_SLOT'} | {'ATTEMPT_RACE', attempts} | {'BUDGET', used} | {'FLOW_BUSY', flow, nonce} | {'STALE_GEN', flow, generation}
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return {'FENCED'} end
local slot = redis.call('HMGET', KEYS[2], 'state', 'worst_navax', 'window', 'window_navax')
if not slot[1] or slot[1] == 'closed' then return {'NO_SLOT'} end
-- Append-only compare-and-set.
local known = redis.call('LLEN', KEYS[3])
if known ~= tonumber(ARGV[3]) then return {'ATTEMPT_RACE', known} end
for i = 7, #KEYS do
  local f = redis.call('HMGET', KEYS[i], 'gen', 'inflight')
  if f[2] and f[2] ~= ARGV[2] then return {'FLOW_BUSY', KEYS[i], f[2]} end
  if f[1] ~= ARGV[i + 4] then return {'STALE_GEN', KEYS[i], f[1] or ''} end
end
-- Attempts share a nonce: only the dearest can be paid.
local prev = tonumber(slot[2] or '0')
local w = tonumber(ARGV[6])
local delta = math.max(0, w - prev)
local used = tonumber(redis.call('HGET', KEYS[5], ARGV[7]) or '0')
if used + delta > tonumber(ARGV[8]) then return {'BUDGET', used} end
redis.call('HINCRBY', KEYS[5], ARGV[7], string.format('%.0f', delta))
-- What this slot took from the present window: that much can be given back to it when the slot ends.
local taken = delta
if slot[3] == ARGV[7] then taken = taken + tonumber(slot[4] or '0') end
redis.call('HSET', KEYS[2], 'state', 'signed', 'worst_navax', string.format('%.0f', math.max(prev, w)),
  'window', ARGV[7], 'window_navax', string.format('%.0f', taken))
if ARGV[10] ~= '' then redis.call('HSET', KEYS[2], 'json', ARGV[10], 'n', #KEYS - 6) end
for i = 7, #KEYS do redis.call('HSET', KEYS[i], 'inflight', ARGV[2], 'inflight_gen', ARGV[i + 4]) end
redis.call('RPUSH', KEYS[3], ARGV[5])
redis.call('HSET', KEYS[4], ARGV[4], ARGV[2])
-- The fields of one hash cannot expire, so the oldest give way.
redis.call('RPUSH', KEYS[6], ARGV[4])
if redis.call('LLEN', KEYS[6]) > tonumber(ARGV[9]) then redis.call('HDEL', KEYS[4], redis.call('LPOP', KEYS[6])) end
return {'OK'}
