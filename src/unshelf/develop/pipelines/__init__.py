"""Pipelines: steps of jobs with dependencies, kept by name with versions, run, cached by content, resumed where they failed."""
