"""Checks of monitors: against their model, its measures and their bounds."""
