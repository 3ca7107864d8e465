"""Roles of columns: which columns of a version are its prediction, scores, label, business key, slices and time."""
