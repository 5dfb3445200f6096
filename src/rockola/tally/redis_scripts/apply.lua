-- Counts a step: position, ids, voters and counts together, or nothing when the position is not the step's start.
-- KEYS: counts, ids, voters, minutes
-- ARGV: start; next; what an absent position stands for ('': it is lost); seconds to live ('': for ever);
--       how many pairs for ids, for voters, for counts; these pairs and those for minutes: field, number, …
-- Gives {1} when it was counted, else {0, position}

local start, next, absent, seconds = unpack(ARGV, 1, 4)
check(KEYS)
local position = redis.call('HGET', KEYS[1], 'position') or absent
if position ~= start then return {0, position} end

-- The pairs for KEYS[2], KEYS[3], KEYS[1], KEYS[4] lie in ARGV from from[i] to before from[i + 1].
local from = {8, [5] = #ARGV + 1}
for i = 1, 3 do
  assert(ARGV[4 + i]:find('^%d+$'), 'a number of pairs is no number')
  from[i + 1] = from[i] + 2 * ARGV[4 + i]
end
assert(from[4] <= from[5] and (from[5] - from[4]) % 2 == 0, 'the pairs are not as many as told')
assert(next:find('^%d+$') and (seconds == '' or seconds:find('^[1-9]%d?%d?%d?$')), 'a position or time is no number')

-- Fields and what their numbers become.
local function sums(key, first, last)
  local fields, new = {}, {}
  for i = first, last, 2 do fields[#fields + 1] = ARGV[i] end
  for i, had in ipairs(values(key, fields, 1, #fields)) do
    local sum = (had or 0) + ARGV[first + 2 * i - 1]
    assert(sum >= 0 and sum < 2 ^ 53, 'a count is no number')
    new[2 * i - 1], new[2 * i] = fields[i], string.format('%.0f', sum)
  end
  return new
end
local voters = sums(KEYS[3], from[2], from[3] - 1)
local counts = sums(KEYS[1], from[3], from[4] - 1)
local minutes = sums(KEYS[4], from[4], from[5] - 1)

redis.call('HSET', KEYS[1], 'position', next)
set(KEYS[1], counts, 1, #counts)
set(KEYS[2], ARGV, from[1], from[2] - 1)
set(KEYS[3], voters, 1, #voters)
set(KEYS[4], minutes, 1, #minutes)
if seconds ~= '' then
  for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, seconds) end
end
return {1}
