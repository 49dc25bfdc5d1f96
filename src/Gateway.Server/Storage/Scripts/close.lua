-- close: ends a slot; called only when its nonce is consumed on chain and the end state was read (chain-and-transactions.md §2.4).
--
-- KEYS 1 leader   2 slots (zset)   3 slot:<nonce> (hash)   4 dirty (zset)   5 log (zset)   6 seq
--      7 ready (zset)   8 att:<nonce> (list)   9 budget (hash)   10 slot that is no longer kept   11 its attempts   12… flows (hash)
-- ARGV 1 fencing token   2 nonce   3 now in ms   4 outcome   5 really paid in nAVAX, '': not known   6 oldest window of the budget that is kept
--      7 when the slot was reserved, in ms
--      then for each flow: observed rate, its last update in s, block
-- returns {'OK', flows that are not where they should be} | {'FENCED'} | {'ALREADY_CLOSED'} | {'ANOTHER'}
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return {'FENCED'} end
if not redis.call('ZSCORE', KEYS[2], ARGV[2]) then return {'ALREADY_CLOSED'} end
-- The caller has read another slot of this nonce, from before a rollback, or before flows were added to it: those would stay locked for ever.
local is = redis.call('HMGET', KEYS[3], 'at', 'n')
if is[1] ~= ARGV[7] or tonumber(is[2]) ~= #KEYS - 11 then return {'ANOTHER'} end
redis.call('ZREM', KEYS[2], ARGV[2])
redis.call('HSET', KEYS[3], 'state', 'closed', 'outcome', ARGV[4], 'closed_at', ARGV[3])
redis.call('EXPIRE', KEYS[3], 2592000)
redis.call('EXPIRE', KEYS[8], 2592000)
-- A busy lane would keep gigabytes of signed bytes in those thirty days: only the newest slots stay.
redis.call('DEL', KEYS[10], KEYS[11])

-- The worst case is about five times what is really paid: the rest goes back, as far as it was taken from the window that still counts.
local cost = redis.call('HMGET', KEYS[3], 'worst_navax', 'window', 'window_navax')
if ARGV[5] ~= '' and cost[2] then
  local back = math.min(math.max(0, tonumber(cost[1]) - tonumber(ARGV[5])), tonumber(cost[3]))
  if back > 0 then redis.call('HINCRBY', KEYS[9], cost[2], string.format('%.0f', -back)) end
end
for _, window in ipairs(redis.call('HKEYS', KEYS[9])) do
  if window < ARGV[6] then redis.call('HDEL', KEYS[9], window) end
end

local t = redis.call('TIME')
local ms = t[1] * 1000 + math.floor(t[2] / 1000)
local s = tonumber(redis.call('GET', KEYS[6]) or '0')
local dirty = 0
for i = 12, #KEYS do
  local b = 8 + (i - 12) * 3
  local f = redis.call('HMGET', KEYS[i], 'rate', 'inflight', 'gen', 'observed_block')
  if f[2] == ARGV[2] then redis.call('HDEL', KEYS[i], 'inflight', 'inflight_gen') end
  if tonumber(ARGV[b + 2]) >= tonumber(f[4] or '0') then
    redis.call('HSET', KEYS[i], 'observed', ARGV[b], 'observed_at', ARGV[b + 1], 'observed_block', ARGV[b + 2])
  end
  if f[1] ~= ARGV[b] then
    redis.call('ZADD', KEYS[4], ARGV[3], KEYS[i])
    redis.call('ZREM', KEYS[7], KEYS[i])
    dirty = dirty + 1
  else
    redis.call('ZREM', KEYS[4], KEYS[i])
    redis.call('ZREM', KEYS[7], KEYS[i])
    redis.call('HDEL', KEYS[i], 'marked_at', 'traces', 'fails', 'last_error')
    -- A flow that is gone is forgotten after a day; until then its last block keeps a lagging node from being believed.
    if ARGV[b] == '0' then redis.call('EXPIRE', KEYS[i], 86400) end
    -- Hybrid sequence, as the epoch: a cursor stays valid after a rollback.
    s = math.max(s + 1, ms * 1000)
    local q = string.format('%.0f', s)
    redis.call('ZADD', KEYS[5], q, q .. '|' .. KEYS[i] .. '|' .. (f[3] or '') .. '|' .. ARGV[b] .. '|' .. ARGV[2] .. '|' .. ARGV[b + 2])
  end
end
redis.call('SET', KEYS[6], string.format('%.0f', s))
redis.call('ZREMRANGEBYRANK', KEYS[5], 0, -100001)
return {'OK', dirty}
