"""The server process: sockets, the HTTP and WebSocket protocols, start and stop."""
