-- Single votes for wrk. The argument after -- says which ids they carry: own (bench-<thread>-<counter>), uuid or none.
-- At the end a line of JSON tells what wrk counted; an answer that is not 2xx or 3xx counts as a refusal.

local threads = 0
local albums = { "Mis palabras", "Animales", "Guerra de silencio", "Bajo el sol" }
local text = '{"name":"Bohemia Suburbana","album":"%s","year":1997,"rank":%d.%d%s}'

function setup(thread)
   thread:set("number", threads)
   threads = threads + 1
end

function init(args)
   kind, counter = args[1] or "own", 0
   math.randomseed(os.time() * 100 + number)
   wrk.method = "POST"
   wrk.headers["Content-Type"] = "application/json"
end

local function id()
   if kind == "own" then
      return string.format(',"id":"bench-%d-%d"', number, counter)
   elseif kind == "uuid" then
      local r = math.random
      return string.format(',"id":"%08x-%04x-4%03x-a%03x-%06x%06x"', r(0, 0xfffffff), r(0, 0xffff), r(0, 0xfff),
         r(0, 0xfff), r(0, 0xffffff), r(0, 0xffffff))
   end
   return ""
end

function request()
   counter = counter + 1
   local body = string.format(text, albums[counter % 4 + 1], counter % 10, counter % 7, id())
   return wrk.format(nil, nil, nil, body)
end

function done(summary, latency, requests)
   local errors = summary.errors
   io.write(string.format(
      '{"answered":%d,"seconds":%f,"refused":%d,"broken":%d,"p50_ms":%f,"p99_ms":%f,"p999_ms":%f}\n',
      summary.requests, summary.duration / 1e6, errors.status, errors.connect + errors.read + errors.write +
      errors.timeout, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency:percentile(99.9) / 1e3))
end
