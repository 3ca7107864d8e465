"""The network of programs with grants: their relays, and what these refused."""
