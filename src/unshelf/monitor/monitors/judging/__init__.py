"""Judging: what a monitor finds in one window, and when a window is worth a look."""
