"""Usage: what was used of the machine, by whom and for what, and what it cost."""
