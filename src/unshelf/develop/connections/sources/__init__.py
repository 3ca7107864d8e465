"""Sources: how each kind of connection is read, by a short-lived process alone."""
