"""Deferred predictions: accepted with 202, kept on the disk, computed when it is their turn, fetched later."""
