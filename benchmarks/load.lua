-- wrk's side of a benchmark: one body sent again and again, and what it counted as one line of JSON, which wrk itself does not print.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
if os.getenv("BENCH_TOKEN") then
  wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN")
end
wrk.body = os.getenv("BENCH_BODY")

-- A pause between an answer and the next request of its connection, spread so that connections do not go in step.
local pause = tonumber(os.getenv("BENCH_PAUSE_MS") or "0")
if pause > 0 then
  function delay()
    return math.random(0, 2 * pause)
  end
end

function done(summary, latency, requests)
  local errors, counted = summary.errors, {}
  for index = 1, #latency do
    counted[index] = string.format("[%d,%d]", latency(index))
  end
  io.write(string.format(
    'COUNTED {"requests":%d,"microseconds":%d,"refused":%d,"broken":%d,"late":%d,"waits":[%s]}\n',
    summary.requests, summary.duration, errors.status, errors.connect + errors.read + errors.write, errors.timeout,
    table.concat(counted, ",")))
end
