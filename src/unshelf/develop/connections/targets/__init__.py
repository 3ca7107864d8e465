"""Targets: how rows are written to each kind of connection that takes them, each row once, by a short-lived process alone."""
