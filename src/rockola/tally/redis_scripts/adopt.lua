-- Makes a shadow the partition, if the partition is still lost and the shadow is whole.
-- KEYS: counts, ids, voters, minutes of the partition; the same of the shadow
-- ARGV: the number of steps that the shadow was written in, the position that the partition takes
-- Gives 1; 0 when the partition is not lost; -1 when the shadow is not whole

check(KEYS)
if redis.call('HGET', KEYS[1], 'position') then return 0 end
if (redis.call('HGET', KEYS[5], 'position') or '0') ~= ARGV[1] then return -1 end
assert(ARGV[2]:find('^%d+$'), 'a position is no number')
-- Seconds since 1970: a number that a wiped tally cannot remember, yet must rise above.
local rebuilds = ARGV[2] == '0' and '0' or redis.call('TIME')[1]

redis.call('HSET', KEYS[5], 'position', ARGV[2], 'rebuilds', rebuilds)
for i = 4, 1, -1 do -- the counts last: with their position the partition is no longer lost
  redis.call('UNLINK', KEYS[i]) -- what a loss left over
  if redis.call('EXISTS', KEYS[4 + i]) == 1 then
    redis.call('PERSIST', KEYS[4 + i])
    redis.call('RENAME', KEYS[4 + i], KEYS[i])
  end
end
return 1
