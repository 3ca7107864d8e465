"""Belongings: what a user would leave behind, as other capabilities register it."""

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from unshelf.foundation.access.actors import Actor
from unshelf.manage.users.user import User


@dataclass(frozen=True, kw_only=True)
class Belonging:
    """One thing that a user answers for."""

    kind: str
    """A noun: project, key, deploy …"""
    name: str
    """The name or id."""
    description: str
    """A sentence for people: why it matters."""
    needs_heir: bool
    """Whether nobody answers for it any more unless somebody takes it over; else it ends with the user, or goes on without anybody."""


class Keeper(Protocol):
    """Knows the belongings of one kind."""

    def belongings_of(self, session: Session, user: User) -> list[Belonging]:
        """List what belongs to a user now, in a stable order."""

    def hand_over(self, session: Session, actor: Actor, user: User, heir: User) -> None:
        """Give all of it to another user, in the transaction of the change, each with its event. Without any it is a no-op."""
