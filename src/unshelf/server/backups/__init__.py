"""Backups as an operator makes and restores them on the server's machine, and as an upgrade makes them."""
