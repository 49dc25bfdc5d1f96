-- commit: one decision of one account, all of it or nothing. Every key lies in the account's shard.
--
-- KEYS 1 account (hash: version, json, l:<lease id>)   2 open (zset)   3 ended (zset)   4 ended leases of the account (zset)
--      5 deadlines (zset)   6 dirty (hash)   7 log (zset)   8 seq   9 directives (hash)   10 deliveries (hash)   11 pending (zset)
--      12 glances (hash)   13 outbox (zset)   14 events (hash)   15… keys of single leases, named in ARGV by their index
-- ARGV 1 account as text   2 its expected version, 0: none yet   3 its json   4 deadline in ms, '': none
--      5 directives kept in the log   6 notes kept per lease
--      7 index of the journal's key, without which a new lease is not stored; 0: it is stored whatever may be missing
--      8 its new version   9 how it looks while nothing about it is in doubt, '': something is
--      10 events kept in the outbox   11 now in ms, when new ones are due
--      then six lists, each led by the number of its entries:
--      leases      id, expected version (0: new), new version, json, was ended (1/0), is ended (1/0), ended at in ms,
--                  index of its ended document's key or 0, index of its void marker's key or 0 (both are given for a new one)
--      marks       flow, generation|json
--      directives  lease id, json
--      notes       index of the lease's history key, json
--      use         index of the lease's usage key, json
--      events      id, json
--      and the index of the zset of ledgers, to which an account with a new lease is added as due now, and of its own ledger, which counts them; 0: it has none
-- returns {'OK', seq of each directive…} | {'CONFLICT', 'account' or lease id} | {'VOID', lease id} | {'UNREAD'}
local account, open, ended, past, deadlines = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local name, keep, notes = ARGV[1], tonumber(ARGV[5]), tonumber(ARGV[6])

local function version(text)
  if not text then return '0' end
  return string.sub(text, 1, string.find(text, '|', 1, true) - 1)
end

local at = 11
local function take()
  at = at + 1
  return ARGV[at]
end

-- Compare everything before anything is written.
if (redis.call('HGET', account, 'version') or '0') ~= ARGV[2] then return {'CONFLICT', 'account'} end
local leases = {}
for i = 1, tonumber(take()) do
  local l = {id = take(), expected = take(), version = take(), json = take(), was = take(), is = take(), at = take(), doc = tonumber(take()), void = tonumber(take())}
  local stored
  if l.was == '1' then stored = redis.call('GET', KEYS[l.doc]) else stored = redis.call('HGET', account, 'l:' .. l.id) end
  if version(stored) ~= l.expected then return {'CONFLICT', l.id} end
  -- What was lost may be this very lease, and its flow is then not somebody else's.
  if l.expected == '0' and ARGV[7] ~= '0' and redis.call('EXISTS', KEYS[tonumber(ARGV[7])]) == 0 then return {'UNREAD'} end
  if l.expected == '0' and redis.call('EXISTS', KEYS[l.doc]) == 1 then return {'CONFLICT', l.id} end
  -- Another account has taken this lease id over while this request was under way.
  if l.void > 0 and redis.call('EXISTS', KEYS[l.void]) == 1 then return {'VOID', l.id} end
  leases[i] = l
end

redis.call('HSET', account, 'version', ARGV[8], 'json', ARGV[3])
if ARGV[4] == '' then redis.call('ZREM', deadlines, name) else redis.call('ZADD', deadlines, ARGV[4], name) end
if ARGV[9] == '' then redis.call('HDEL', KEYS[12], name) else redis.call('HSET', KEYS[12], name, ARGV[9]) end

for _, l in ipairs(leases) do
  local member, value = l.id .. '|' .. name, l.version .. '|' .. l.json
  if l.is == '1' then
    redis.call('SET', KEYS[l.doc], value)
    if l.was == '0' then
      redis.call('HDEL', account, 'l:' .. l.id)
      redis.call('ZREM', open, member)
      redis.call('ZADD', ended, 0, member)
      redis.call('ZADD', past, l.at, l.id)
    end
  else
    redis.call('HSET', account, 'l:' .. l.id, value)
    if l.expected == '0' then redis.call('ZADD', open, 0, member) end
  end
end

for _ = 1, tonumber(take()) do
  local flow = take()
  redis.call('HSET', KEYS[6], flow, take())
end

local answer = {'OK'}
local count = tonumber(take())
if count > 0 then
  local log, directives, deliveries, pending = KEYS[7], KEYS[9], KEYS[10], KEYS[11]
  -- A directive stays while it is in the log or waits for its report.
  local function forget(seq)
    redis.call('HDEL', directives, seq)
    redis.call('HDEL', deliveries, seq)
  end

  local t = redis.call('TIME')
  local micros = t[1] * 1000000 + t[2]
  local s = tonumber(redis.call('GET', KEYS[8]) or '0')
  for _ = 1, count do
    local lease, json = take(), take()
    -- Hybrid: a cursor stays valid even where a failover rolled the counter back.
    s = math.max(s + 1, micros)
    local seq = string.format('%.0f', s)
    redis.call('ZADD', log, seq, seq .. '|' .. lease)
    redis.call('HSET', directives, seq, json)
    local former = redis.call('ZSCORE', pending, lease)
    redis.call('ZADD', pending, seq, lease)
    if former then
      former = string.format('%.0f', tonumber(former))
      if not redis.call('ZSCORE', log, former .. '|' .. lease) then forget(former) end
    end
    answer[#answer + 1] = seq
  end
  redis.call('SET', KEYS[8], string.format('%.0f', s))

  local surplus = redis.call('ZCARD', log) - keep
  if surplus > 0 then
    for _, member in ipairs(redis.call('ZRANGE', log, 0, surplus - 1)) do
      local bar = string.find(member, '|', 1, true)
      local seq, lease = string.sub(member, 1, bar - 1), string.sub(member, bar + 1)
      local waiting = redis.call('ZSCORE', pending, lease)
      if not waiting or tonumber(waiting) ~= tonumber(seq) then forget(seq) end
      redis.call('ZREM', log, member)
    end
  end
end

for _ = 1, tonumber(take()) do
  local history = KEYS[tonumber(take())]
  redis.call('RPUSH', history, take())
  redis.call('LTRIM', history, -notes, -1)
end

-- The versions above were those that were expected, so this run is the only one that adds this.
for _ = 1, tonumber(take()) do
  local usage = KEYS[tonumber(take())]
  redis.call('RPUSH', usage, take())
end

count = tonumber(take())
if count > 0 then
  local outbox, events = KEYS[13], KEYS[14]
  for _ = 1, count do
    local id = take()
    redis.call('ZADD', outbox, ARGV[11], id)
    redis.call('HSET', events, id, take())
  end
  -- Nobody takes them: what has waited longest goes.
  local surplus = redis.call('ZCARD', outbox) - tonumber(ARGV[10])
  if surplus > 0 then
    for _, id in ipairs(redis.call('ZRANGE', outbox, 0, surplus - 1)) do redis.call('HDEL', events, id) end
    redis.call('ZREMRANGEBYRANK', outbox, 0, surplus - 1)
  end
end

local ledgers, ledger = tonumber(take()), tonumber(take())
if ledgers > 0 then
  redis.call('ZADD', KEYS[ledgers], ARGV[11], name)
  redis.call('HINCRBY', KEYS[ledger], 'leases', 1)
end
return answer
