"""The contract, `openapi.yaml`, as data: reading it, its operations, and the lint over it."""
