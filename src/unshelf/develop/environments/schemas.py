"""Environments on the wire."""

from datetime import datetime

from unshelf.foundation.web.schemas import AnswerModel


class Environment(AnswerModel):
    """One environment."""

    hash: str
    """The hash of its lock, which is its name."""
    python: str
    """The Python version."""
    packages: int
    """How many packages are in it."""
    created_at: datetime
    """When it was built."""
    versions: list[str]
    """The references of the versions that use it, as far as the actor may see them."""


class Environments(AnswerModel):
    """Environments, newest first."""

    environments: list[Environment]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""
