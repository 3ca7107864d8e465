"""Real parts for tests and benchmarks: a running platform, training environments."""
