"""Apps: forms on models for people without a notebook, with answers in words."""
