"""Endings: the owner of a role, a token or a key hears of its end a while before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import delete
from sqlalchemy.orm import Session

from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.manage.news.headlines import ENDING
from unshelf.manage.news.tables import AnnouncedEndRow
from unshelf.manage.notifications.service import NotificationService

LOOP = "endings"
_SECONDS = 60.0
_LONG_BEFORE = timedelta(days=3)
_PART_OF_LIFE = 5
_SHORT_LIFE = timedelta(days=1)
_KEPT = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Ending:
    """Something that ends."""

    kind: str
    """role, token or key."""
    id: str
    people: list[str]
    """Ids of the people whom it belongs to."""
    what: str
    """A few words for them: `Your role viewer on the project 'risk'`."""
    subject: Subject
    began_at: datetime
    ends_at: datetime
    advice: str
    """A sentence: how it is had for longer."""


class EndingSource(Protocol):
    """A capability that gives things which end."""

    def __call__(self, session: Session, start: datetime, end: datetime) -> list[Ending]:
        """Return what ends between these moments."""


class EndingService:
    """Tells of ends: three days before, or when a fifth of the time is left, whichever is later; of what was given for less than
    a day, nothing."""

    def __init__(self, database: Database, notifications: NotificationService, sources: Sequence[EndingSource]) -> None:
        self._database = database
        self._notifications = notifications
        self._sources = sources
        notifications.register(ENDING)

    def loop(self) -> PeriodicLoop:
        """Describe the loop that tells."""
        return PeriodicLoop(name=LOOP, act=self.tell, every=_SECONDS)

    def tell(self) -> None:
        """Tell of all ends that are near, each once."""
        moment = now()
        with self._database.read() as session:
            ending = [each for source in self._sources for each in source(session, moment, moment + _LONG_BEFORE)]
            due = [each for each in ending if is_due(each, moment) and not _is_announced(session, each)]
        if not due:
            return
        with self._database.transaction() as session:
            session.execute(delete(AnnouncedEndRow).where(AnnouncedEndRow.ends_at < moment - _KEPT))
            for each in due:
                if _is_announced(session, each):  # another control was faster
                    continue
                session.merge(AnnouncedEndRow(kind=each.kind, name=each.id, ends_at=each.ends_at))
                self._notifications.notify(
                    session, each.people, each.subject, kind=ENDING.name,
                    title=f"{each.what} ends on {each.ends_at:%Y-%m-%d %H:%M} UTC", body=each.advice,
                    is_for_project=False,
                )  # fmt: skip


def is_due(ending: Ending, moment: datetime) -> bool:
    """Whether it is time to tell."""
    life = ending.ends_at - ending.began_at
    return life >= _SHORT_LIFE and ending.ends_at - moment <= min(_LONG_BEFORE, life / _PART_OF_LIFE)


def _is_announced(session: Session, ending: Ending) -> bool:
    row = session.get(AnnouncedEndRow, (ending.kind, ending.id))
    return row is not None and row.ends_at >= ending.ends_at
