"""Connections to workers: one pool a version, deadlines, retries, passing of large bodies."""
