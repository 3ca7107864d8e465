"""Protocols: what our processes say to one another, as shapes and numbers."""
