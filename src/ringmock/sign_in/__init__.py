"""Authentication, and the choice of a world: client credentials, sessions, grants, assertions, permissions."""
