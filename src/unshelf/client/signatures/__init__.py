"""Signatures as their makers write them: read, held against the example, completed from it."""
