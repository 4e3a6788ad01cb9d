"""Who calls, and which world: client credentials, sessions, grants, assertions, permissions."""
