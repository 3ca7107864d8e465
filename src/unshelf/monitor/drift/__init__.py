"""Drift: how far the profile of a window is from that of a reference, and whether that is more than chance."""
