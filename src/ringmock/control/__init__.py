"""The control API, `/_mock`: what a test asks of a world and does to it, and who may call it."""
