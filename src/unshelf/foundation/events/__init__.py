"""The event log: every change, by whom, in one append-only table whose lines are chained by their hashes."""
