"""Files of versions, read."""
