"""Search: one index over the subjects of every wing."""
