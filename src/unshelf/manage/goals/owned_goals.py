"""Goals that a user answers for: handed over when they leave."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.foundation.access.actors import Actor
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.manage.goals.tables import GoalRow
from unshelf.manage.users.belongings import Belonging
from unshelf.manage.users.user import User


class OwnedGoals:
    """The open goals of a user."""

    def __init__(self, events: EventStore) -> None:
        self._events = events

    def belongings_of(self, session: Session, user: User) -> list[Belonging]:
        """List the open goals that this user answers for."""
        return [
            Belonging(kind="goal", name=row.id, description=f"“{row.title}” of {row.project}.", needs_heir=True)
            for row in self._open(session, user)
        ]

    def hand_over(self, session: Session, actor: Actor, user: User, heir: User) -> None:
        """Have the heir answer for each of them."""
        for row in self._open(session, user):
            row.owner = heir.id
            subject = Subject(kind="goal", name=row.id, project=row.project)
            self._events.record(
                session, actor, "goal.changed", subject, before={"owner": user.name}, after={"owner": heir.name},
                reason=f"Handed over by {user.name}.",
            )  # fmt: skip

    def _open(self, session: Session, user: User) -> list[GoalRow]:
        query = select(GoalRow).where(GoalRow.owner == user.id, GoalRow.closed_at.is_(None))
        return list(session.scalars(query.order_by(GoalRow.id)))
