"""Quotas: how much of the machine a project, a person and the installation may use."""
