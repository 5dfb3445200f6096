-- Goes before every other script. Scripts do not roll back: what can fail comes before the first write.

local CHUNK = 4000 -- values that a command takes at most: Lua's stack has room for 8000; even, as fields have values

-- Fails (WRONGTYPE) when a key holds something that is no hash.
local function check(keys)
  for _, key in ipairs(keys) do redis.call('HLEN', key) end
end

-- The values of the fields list[first..last]; false for a field that is absent.
local function values(key, list, first, last)
  local found = {}
  for i = first, last, CHUNK do
    for _, value in ipairs(redis.call('HMGET', key, unpack(list, i, math.min(i + CHUNK - 1, last)))) do
      found[#found + 1] = value
    end
  end
  return found
end

-- Sets the fields and values list[first..last].
local function set(key, list, first, last)
  for i = first, last, CHUNK do redis.call('HSET', key, unpack(list, i, math.min(i + CHUNK - 1, last))) end
end
