"""Counters, Prometheus metrics, traces."""
