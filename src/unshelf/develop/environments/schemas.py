"""Environments on the wire."""

from datetime import datetime

from pydantic import BaseModel


class Environment(BaseModel):
    """One environment."""

    hash: str
    python: str
    packages: int
    """How many packages are in it."""
    created_at: datetime
    versions: list[str]
    """The references of the versions that use it."""


class Environments(BaseModel):
    """All environments, newest first."""

    environments: list[Environment]
