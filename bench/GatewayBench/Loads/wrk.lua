-- wrk -s wrk.lua URL -- plain | upload BYTES | apps COUNT PREFIX
-- Only "apps" makes its requests while the load runs (wrk calls a global `request` for each); the others send one fixed request.
local modes = {}

function modes.plain() end

function modes.upload(bytes)
  wrk.method = "POST"
  wrk.body = string.rep("x", tonumber(bytes))
end

-- Requests spread over all apps, in an order in which neighbours do not follow each other.
function modes.apps(count, prefix)
  count = tonumber(count)
  local requests = {}
  for app = 0, count - 1 do
    requests[app] = wrk.format("GET", prefix .. app .. "/")
  end
  local next = 0
  function request()
    next = (next + 7919) % count
    return requests[next]
  end
end

function init(args)
  modes[args[1]](args[2], args[3])
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('{"requests":%d,"micros":%d,"p50_micros":%d,"p99_micros":%d,"errors":%d}\n', summary.requests,
    summary.duration, latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
