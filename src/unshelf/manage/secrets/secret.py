"""A secret, as services know it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Secret:
    """A secret, without its value."""

    model: str | None
    """The model that it belongs to; None: a project."""
    name: str
    """The environment variable that its value becomes."""
    set_at: datetime
    set_by: str
    readable: bool
    """Whether the key that sealed it is at hand; a model with a secret that is not readable can't be deployed."""
    source: str = ""
    """Where the operator keeps the value; empty: it was set, and is kept sealed."""
    project: str | None = None
    """The project that it belongs to; None: a model."""
