"""Backups on the wire."""

from datetime import datetime
from typing import Literal

from unshelf.foundation.web.schemas import AnswerModel


class BackupView(AnswerModel):
    """A backup that was made, or that failed."""

    id: str
    """Id of the backup at its place."""
    place: str
    """The folder or bucket that holds it."""
    reason: Literal["asked", "scheduled", "command", "upgrade"]
    """Why it was made: somebody asked for it, the clock, a command on the server's machine, or an upgrade."""
    state: Literal["done", "failed"]
    """Whether it was made."""
    begun_at: datetime
    """When it was begun: it holds the state of this moment."""
    ended_at: datetime
    """When it was complete, or failed."""
    files: int
    """How many files it holds."""
    bytes: int
    """Their size."""
    new_bytes: int
    """Bytes that the place did not have yet."""
    problem: str
    """Why it failed; empty where it did not."""


class BackupStateView(AnswerModel):
    """How the installation is backed up."""

    to: str
    """Where scheduled backups go; empty: none are made."""
    every_hours: float
    """Hours between two scheduled backups."""
    keep: int
    """How many are kept there."""
    key: Literal["sealed", "plain", "without"]
    """How the keys of secrets are kept in them."""
    is_running: bool
    """Whether one is made now, or waits for its turn."""
    step: str
    """The step that it has come to, in a few words; empty where that is not known."""
    last_success: BackupView | None
    """The newest one that was made."""
    next_at: datetime | None
    """When the next scheduled one is due."""
    is_too_old: bool
    """Whether the last one is older than twice the time between two."""
    problem: str
    """Why the last one failed, where none was made since."""
    backups: list[BackupView]
    """Backups that ended, the newest first."""
