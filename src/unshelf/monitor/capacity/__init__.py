"""Capacity: who waits for the machine and why, which workers are warm and why, and what is wasted."""
