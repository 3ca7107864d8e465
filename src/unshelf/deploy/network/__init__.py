"""The routes of the networks of versions."""
