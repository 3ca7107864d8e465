"""Comments on any subject, with mentions."""
