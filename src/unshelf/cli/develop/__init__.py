"""Commands of the wing develop: environments."""
