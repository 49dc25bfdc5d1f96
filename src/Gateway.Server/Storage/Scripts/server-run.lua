-- server-run: which run of which server has these keys. In a script, since it must be asked where the keys lie.
--
-- KEYS 1 hwm
-- ARGV none
-- returns the run's id | '' where the server does not say
local info = redis.pcall('INFO', 'server')
if type(info) ~= 'string' then return '' end
return string.match(info, 'run_id:(%w+)') or ''
