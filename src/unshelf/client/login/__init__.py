"""Logging in: the server that is meant, its token, and the servers that somebody has logged in to."""
