"""Releases: which versions get the traffic that comes by a model's name, in which shares, and the way back."""
