"""What a test can do to a world: how it fails, how fast it may be asked, and whom it tells of what happens."""
