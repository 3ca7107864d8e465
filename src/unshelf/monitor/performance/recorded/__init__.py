"""Rows of recorded answers, for the join with labels."""
