"""Metrics: counters that cost the hot path an addition each, outlive their process, and are summed when somebody asks."""
