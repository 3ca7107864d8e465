"""Unshelf takes trained models off the shelf: from a notebook to a live, versioned, authenticated endpoint in seconds."""

__version__ = "0.1.0"
