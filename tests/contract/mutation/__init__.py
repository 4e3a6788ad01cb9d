"""Wrong servers by machine: the source with one small change each, and who notices it."""
