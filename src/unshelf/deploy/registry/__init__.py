"""Registry: models, their numbered versions, and the aliases that point at versions."""
