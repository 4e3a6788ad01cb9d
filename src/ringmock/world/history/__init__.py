"""The history of a world: what has changed it, in order, from which it can be rebuilt."""
