"""Triggers: things that start when something happens."""
