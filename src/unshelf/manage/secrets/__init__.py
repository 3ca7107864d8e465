"""Secrets: named values that a model's programs get, and people do not see again."""
