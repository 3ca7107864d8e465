"""Schedules: things that start by the clock."""
