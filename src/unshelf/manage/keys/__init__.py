"""Keys: how people and programs prove who they are."""
