"""Recording: every outcome is appended to a segment before its caller hears of it."""
