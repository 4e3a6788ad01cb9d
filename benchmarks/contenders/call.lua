-- One call, over and over: wrk ... -s call.lua <url> -- <method> <body> [<header> <value>]...
-- Ends with one line of JSON: what was answered, in how long, and what went wrong.

function init(args)
  wrk.method = args[1]
  wrk.body = args[2] ~= "" and args[2] or nil
  for at = 3, #args, 2 do
    wrk.headers[args[at]] = args[at + 1]
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout
  ))
end
