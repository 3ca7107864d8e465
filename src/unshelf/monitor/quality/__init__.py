"""Quality of data: gaps, ranges, new values, stale columns, columns that are missing or of another kind."""
