"""Bundling: from a model in memory or on disk to a manifest and its files."""
