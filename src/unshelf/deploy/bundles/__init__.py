"""Bundles: the uploaded files that versions are made of, kept once however many need them, and no longer than that."""
