"""Conversion of JSON to the domain and back: the only room with camelCase. One module for each kind of resource."""
