"""Parameters of predictions: what a model declares, and what a request gives, checked and with defaults filled in."""
