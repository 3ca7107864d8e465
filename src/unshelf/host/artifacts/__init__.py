"""Artifacts of a version: its bundle laid out, its environment built from its lock."""
