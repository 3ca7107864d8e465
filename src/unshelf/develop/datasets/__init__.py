"""Datasets: named, versioned data, each version with its files, its schema, a preview and a profile."""
