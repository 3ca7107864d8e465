"""Rows of scorings: read from files, written as JSON for a version, answered, and written as results and records."""
