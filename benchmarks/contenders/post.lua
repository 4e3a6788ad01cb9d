-- One POST, over and over: wrk ... -s post.lua <url> -- <body> [<header> <value>]...
-- Ends with one line of JSON: what was answered, in how long, and what went wrong.

function init(args)
  wrk.method = "POST"
  wrk.body = args[1]
  for at = 2, #args, 2 do
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
