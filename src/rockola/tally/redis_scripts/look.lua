-- What a partition remembers of some votes, if it stands where the caller believes.
-- KEYS: counts, ids, voters
-- ARGV: the believed position, the number of ids, the ids, the voters
-- Gives {position} when it is another (nothing: lost), else {position, values of the ids, values of the voters}

local position = redis.call('HGET', KEYS[1], 'position')
if position ~= ARGV[1] then return {position} end
local last = 2 + ARGV[2]
return {position, values(KEYS[2], ARGV, 3, last), values(KEYS[3], ARGV, last + 1, #ARGV)}
