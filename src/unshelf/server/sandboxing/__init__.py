"""Settings of sandboxes: what programs may reach."""
