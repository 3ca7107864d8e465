"""Diagnosis: which columns, slices and times a drift or a fall of quality comes from, what changed, and the rows behind it."""
