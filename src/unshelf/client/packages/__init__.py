"""Packages: what Python code imports, and what is installed here to provide it."""
