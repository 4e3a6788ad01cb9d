"""One function for each operationId: parse the request, call the world, present the result."""
