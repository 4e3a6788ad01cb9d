-- One call in many worlds: wrk ... -s worlds.lua <url> -- <file of tokens, a line each> <body> <thread | call>
-- Each thread keeps to the world of its own token, or goes to the next one with each call. Ends as report.lua says.

dofile((debug.getinfo(1, "S").source:match("^@(.*/)") or "") .. "report.lua")

local threads = 0

function setup(thread)
  thread:set("place", threads)
  threads = threads + 1
end

function init(args)
  requests = {}
  for token in io.lines(args[1]) do
    local headers = {["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json"}
    table.insert(requests, wrk.format("POST", nil, headers, args[2]))
  end
  step = args[3] == "call" and 1 or 0
  at = place
end

function request()
  at = at + step
  return requests[at % #requests + 1]
end
