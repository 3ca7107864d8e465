"""Wiring of what monitors models."""
