"""The prediction pipeline: from a request to a recorded outcome to its response."""
