"""Backups of an installation: made while it runs, listed, verified, restored elsewhere."""
