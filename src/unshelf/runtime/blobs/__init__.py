"""Blobs: bytes by their SHA-256 digest, written once and never changed."""
