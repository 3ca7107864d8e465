"""Alerts: detected problems, each with an owner, evidence and a recommended action."""
