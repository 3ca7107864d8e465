"""Decisions about alerts: options ranked with their reasons, what was chosen, and policies that act without anybody."""
