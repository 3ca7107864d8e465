"""Sweeps: the same job with many parameters."""
