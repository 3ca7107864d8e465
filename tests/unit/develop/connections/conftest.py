"""A real database with the tables of data, and people of its projects."""

from tests.unit.develop.datasets.conftest import database, events, names, refusals, subjects

__all__ = ["database", "events", "names", "refusals", "subjects"]
