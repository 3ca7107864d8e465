"""Sources of jobs: where code and data come from that nobody uploaded."""
