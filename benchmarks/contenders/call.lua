-- One call, over and over: wrk ... -s call.lua <url> -- <method> <body> [<header> <value>]...
-- Ends as report.lua says.

dofile((debug.getinfo(1, "S").source:match("^@(.*/)") or "") .. "report.lua")

function init(args)
  wrk.method = args[1]
  wrk.body = args[2] ~= "" and args[2] or nil
  for at = 3, #args, 2 do
    wrk.headers[args[at]] = args[at + 1]
  end
end
