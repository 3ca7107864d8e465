"""Jobs: attempts that run in a sandbox under a runner of their own, which outlives the host."""
