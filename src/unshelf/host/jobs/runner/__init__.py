"""The runner of one attempt: keeps its program, measures it and says how it ended, on the standard library alone."""
