"""Manage: who may do what, and the trace of what was done."""
