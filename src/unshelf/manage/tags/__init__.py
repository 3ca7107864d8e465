"""Tags and typed properties of any subject."""
