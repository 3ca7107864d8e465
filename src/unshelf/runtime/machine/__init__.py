"""The machine as this process may use it."""
