"""The machine, as the API shows it."""
