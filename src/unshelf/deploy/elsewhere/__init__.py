"""Elsewhere: models that run on other infrastructure, whose records are sent here or read from files."""
