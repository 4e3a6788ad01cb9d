"""What acts on the world outside: receivers of notifications."""
