"""Uploaded files: what the platform does for deployers whose machine has no client."""
