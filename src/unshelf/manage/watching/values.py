"""Watches and watchers as values."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from unshelf.foundation.access.actors import Actor

Reason = Literal["asked", "author", "comment", "mention"]
"""Reason of a watch: the watcher asked for it, made the subject, commented on it, or was mentioned in a comment."""


@dataclass(frozen=True, kw_only=True)
class Watch:
    """A watch of the actor who asks."""

    kind: str
    name: str
    reason: Reason
    muted: bool
    since: datetime


@dataclass(frozen=True, kw_only=True)
class Watcher:
    """A person or program that an event concerns."""

    actor: Actor
    """The watcher with what they may do now."""
    reason: Reason
    is_mentioned: bool
    """Whether the event is a comment that mentions them."""
