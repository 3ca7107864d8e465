"""Shapes that cross a process boundary: every shape is versioned, checks itself when made, and is read by every later release."""
