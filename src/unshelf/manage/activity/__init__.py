"""Activity: what happened to a subject, from the event log."""
