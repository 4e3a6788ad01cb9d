"""One function for each operationId: parse, ask the world, present."""
