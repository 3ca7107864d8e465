"""A change of settings or of the program while the server runs: each process is replaced once the one that takes its place serves."""
