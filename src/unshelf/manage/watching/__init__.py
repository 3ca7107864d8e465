"""Watching: who follows what, and whom an event concerns."""
