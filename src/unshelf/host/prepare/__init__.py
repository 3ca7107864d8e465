"""Preparing a bundle: lock, build, check."""
