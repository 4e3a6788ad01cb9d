"""A server as a process has it: sockets, the HTTP and WebSocket protocols, start and stop."""
