"""One world: an account with its clock, its ids, its stores, its journal and its signed tokens."""
