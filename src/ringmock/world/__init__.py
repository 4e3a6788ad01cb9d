"""One world: an account that lives, with its clock, its ids, its stores, its journal and the tokens that it signs."""
