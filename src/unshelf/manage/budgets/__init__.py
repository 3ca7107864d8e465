"""Budgets: what a project, or the installation, may cost a month; who hears of it, and what stops."""
