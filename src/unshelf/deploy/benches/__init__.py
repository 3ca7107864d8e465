"""Benches: how fast a version answers on each tier, how much memory it takes, and what 1,000 predictions cost there."""
