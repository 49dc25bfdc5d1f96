-- put-off: what was claimed is due again later, unless somebody has made it due at another time meanwhile.
--
-- KEYS 1 what is due (zset)
-- ARGV 1 member   2 its score as it was claimed   3 its new score
-- returns 1 | 0 where it has another score by now
local score = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not score or tonumber(score) ~= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
return 1
