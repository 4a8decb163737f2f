-- For wrk: asks with each line of a file in turn, tells what came back as one line of JSON.
-- Arguments: METHOD PATH FILE|- PAUSE_MS [codes]
--   FILE: a body a line, "-" for none
--   PAUSE_MS: mean of exponentially distributed pauses before each request, 0 for none
--   codes: count answers by status, which costs wrk some time
local threads = {}
local requests, at = {}, 0

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  local method, path, file, pause_ms = args[1], args[2], args[3], tonumber(args[4])
  if file == "-" then
    requests[1] = wrk.format(method, path)
  else
    for line in io.lines(file) do
      table.insert(requests, wrk.format(method, path, { ["Content-Type"] = "application/json" }, line))
    end
  end
  if pause_ms > 0 then
    math.randomseed(1)
    -- wrk waits whole milliseconds: rounded by chance, so that the mean is right.
    function delay()
      return math.floor(-math.log(1 - math.random()) * pause_ms + math.random())
    end
  end
  if args[5] == "codes" then
    codes = {}
    function response(status)
      codes[tostring(status)] = (codes[tostring(status)] or 0) + 1
    end
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors, codes = summary.errors, {}
  for _, thread in ipairs(threads) do
    for status, count in pairs(thread:get("codes") or {}) do
      table.insert(codes, string.format('"%s": %d', status, count))
    end
  end
  print(string.format(
    '{"requests": %d, "seconds": %.6f, "p50_us": %d, "p99_us": %d, "max_us": %d,'
      .. ' "refused": %d, "broken": %d, "timeouts": %d, "codes": {%s}}',
    summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99), latency.max,
    errors.status, errors.connect + errors.read + errors.write, errors.timeout, table.concat(codes, ", ")))
end
