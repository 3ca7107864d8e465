"""Shapes of what a version says of its monitoring."""
