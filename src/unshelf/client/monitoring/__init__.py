"""Monitoring as the client asks for it."""
