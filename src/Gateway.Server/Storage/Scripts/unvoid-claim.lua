-- unvoid-claim: the account owns the lease id again; older bars no longer count.
--
-- KEYS 1 void marker
-- ARGV 1 number of the account's claim
-- returns 1 | 0 where a later claim set the marker
local number = redis.call('GET', KEYS[1])
if number and tonumber(number) >= tonumber(ARGV[1]) then return 0 end
redis.call('DEL', KEYS[1])
return 1
