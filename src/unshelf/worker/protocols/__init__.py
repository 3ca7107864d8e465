"""Protocols: one file a wire format, each turning a body into a validated batch and the answer back into a body."""
