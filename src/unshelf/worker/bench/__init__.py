"""Benches: the program of a job that serves a version with the real worker, calls it, and measures."""
