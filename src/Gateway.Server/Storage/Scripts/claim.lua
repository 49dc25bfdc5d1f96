-- claim: which account may store a lease of this id.
--
-- KEYS 1 index of the lease id (hash: account, number, spent)
-- ARGV 1 account   2 number of the claim that is taken over; 0: only where nobody has one
-- returns {'CLAIMED', number} | {'OWNED', account, number} | {'SPENT'} where its lease was dropped, or is about to be
if redis.call('HEXISTS', KEYS[1], 'spent') == 1 then return {'SPENT'} end
local owner = redis.call('HMGET', KEYS[1], 'account', 'number')
if (owner[2] or '0') ~= ARGV[2] then return {'OWNED', owner[1] or '', owner[2] or '0'} end
local number = string.format('%.0f', tonumber(ARGV[2]) + 1)
redis.call('HSET', KEYS[1], 'account', ARGV[1], 'number', number)
return {'CLAIMED', number}
