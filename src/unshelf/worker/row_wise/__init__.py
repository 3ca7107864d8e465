"""Libraries, classes and graphs that are known to answer each row alone, so that requests of different callers may share a batch."""
