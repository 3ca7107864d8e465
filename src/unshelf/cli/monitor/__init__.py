"""Commands of the wing monitor: records and alerts."""
