"""Benchmarks: each prints its figures as a table; none is a test."""
