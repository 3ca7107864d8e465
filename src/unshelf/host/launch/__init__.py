"""Launching: worker processes, zygotes, resource limits, logs."""
