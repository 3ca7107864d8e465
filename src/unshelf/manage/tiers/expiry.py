"""The end of rights to tiers: what runs goes on, and those concerned are notified."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.foundation.access.actors import SYSTEM
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.manage.notifications.notification import NotificationKind
from unshelf.manage.notifications.service import NotificationService
from unshelf.manage.quotas.accounts import user_account
from unshelf.manage.tiers.tables import TierRightRow
from unshelf.manage.tiers.tier import TierUses

ENDED = NotificationKind(
    name="tier.ended", description="The right to a tier ended, yours or one that you granted; what runs on it goes on."
)
_EVERY_SECONDS = 15.0
_SHOWN = 20


class TierExpiry:
    """Clears rights away that have ended, each with an event and a notification that names what still runs."""

    def __init__(self, database: Database, events: EventStore, notifications: NotificationService) -> None:
        notifications.register(ENDED)
        self._database = database
        self._events = events
        self._notifications = notifications
        self._uses: list[TierUses] = []

    def add_uses(self, uses: TierUses) -> None:
        """Have what uses tiers named by these facts too."""
        self._uses.append(uses)

    def loop(self) -> PeriodicLoop:
        """Return the loop that looks for rights that have ended."""
        return PeriodicLoop(name="tier-rights", act=self.clear, every=_EVERY_SECONDS)

    def clear(self) -> None:
        """Clear away the rights that have ended by now."""
        ended = select(TierRightRow).where(TierRightRow.expires_at <= now())
        with self._database.read() as session:  # so that looking in vain writes nothing
            if session.scalar(ended.limit(1)) is None:
                return
        with self._database.transaction() as session:
            for row in session.scalars(ended.order_by(TierRightRow.id)).all():
                self._tell(session, row)
                session.delete(row)

    def _tell(self, session: Session, row: TierRightRow) -> None:
        running = self._running(session, row)
        subject = Subject(kind="tier", name=row.tier)
        before = {"holder_kind": row.holder_kind, "holder": row.holder, "running": running}
        self._events.record(session, SYSTEM, "tier.ended", subject, before=before)
        people = [row.holder] if row.holder_kind == "user" else []
        named = ", ".join(running[:_SHOWN]) + (f" and {len(running) - _SHOWN} more" if len(running) > _SHOWN else "")
        goes_on = f"It goes on running on this tier: {named}." if running else "Nothing runs on it."
        self._notifications.notify(
            session, [*people, row.created_by_id], subject, kind=ENDED.name,
            title=f"The right of the {row.holder_kind} {self._name(session, row)} to the tier {row.tier} has ended",
            body=f"{goes_on}\nNothing new can be deployed on it with this right.",
        )  # fmt: skip

    def _running(self, session: Session, row: TierRightRow) -> list[str]:
        """List what the holder runs on the tier; of groups and roles, whose members may have other rights, nothing is said."""
        if row.holder_kind == "project":
            return [each for uses in self._uses for each in uses.of_tier(session, row.tier, project=row.holder)]
        account = user_account(session, row.holder) if row.holder_kind == "user" else None
        makers = () if account is None else account.labels
        return [each for uses in self._uses for each in uses.of_tier(session, row.tier, makers=makers)]

    def _name(self, session: Session, row: TierRightRow) -> str:
        account = user_account(session, row.holder) if row.holder_kind == "user" else None
        return row.holder if account is None else account.title
