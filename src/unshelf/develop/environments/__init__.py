"""Environments: the exact packages that versions run in, each named by the hash of its lock and shared by all that use it."""
