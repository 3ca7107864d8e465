"""An installation as a file: what an operator keeps in version control, planned, applied and exported."""
