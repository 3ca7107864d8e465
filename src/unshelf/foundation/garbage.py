"""Garbage: what is being deleted, known to every control, so that nobody begins to need a file at the moment in which it goes."""

import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import String, delete, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from unshelf.contracts.errors import Unavailable
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.types import Base, UtcDateTime

Kind = Literal["blob", "bundle", "environment"]
_ABANDONED = timedelta(seconds=45)
"""A deletion that has taken longer than the host may take was cut off: the control that began it died."""
_REMEMBERED = timedelta(hours=1)
_CHUNK = 500
_WAIT_SECONDS = 60.0
_ASK_AGAIN_SECONDS = 0.05


class GarbageRow(Base):
    """A file or folder that nobody needed and that is being deleted, outside of any transaction."""

    __tablename__ = "garbage"

    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    """blob, bundle or environment."""
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    """The digest or the hash."""
    state: Mapped[str] = mapped_column(String(16))
    """deleting: who needs it must wait. pending: the host did not answer, and is asked again later. deleted: a while ago."""
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


def mark_deleting(session: Session, kind: Kind, keys: Iterable[str]) -> None:
    """Note that these are being deleted."""
    for key in keys:
        session.merge(GarbageRow(kind=kind, key=key, state="deleting", changed_at=now()))
    session.flush()


def mark(session: Session, kind: Kind, keys: Iterable[str], state: Literal["pending", "deleted"]) -> None:
    """Note how their deletion ended."""
    for some in _chunks(list(keys)):
        rows = update(GarbageRow).where(GarbageRow.kind == kind, GarbageRow.key.in_(some))
        session.execute(rows.values(state=state, changed_at=now()))


def states_of(session: Session, kind: Kind, keys: Iterable[str]) -> dict[str, str]:
    """The state of those that are garbage, or were a while ago; a deletion that was cut off is pending."""
    before = now() - _ABANDONED
    found: dict[str, str] = {}
    for some in _chunks(list(keys)):
        for row in session.scalars(select(GarbageRow).where(GarbageRow.kind == kind, GarbageRow.key.in_(some))):
            found[row.key] = "pending" if row.state == "deleting" and row.changed_at < before else row.state
    return found


def is_deleting(session: Session, kind: Kind) -> bool:
    """Whether anything of this kind is being deleted now."""
    running = select(GarbageRow.key).where(
        GarbageRow.kind == kind, GarbageRow.state == "deleting", GarbageRow.changed_at >= now() - _ABANDONED
    )
    return session.scalar(running.limit(1)) is not None


def wait_while_deleting(database: Database, kind: Kind) -> None:
    """Wait until nothing of this kind is being deleted, before something is looked up that may be among it. Raises Unavailable."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < deadline:
        with database.read() as session:
            if not is_deleting(session, kind):
                return
        time.sleep(_ASK_AGAIN_SECONDS)
    raise Unavailable(f"Unused {kind}s are still being deleted.", hint="Try again in a minute.")


def take_pending(session: Session, kind: Kind) -> list[str]:
    """Mark as being deleted, again, what could not be deleted so far; gives it."""
    left = or_(GarbageRow.state == "pending", GarbageRow.changed_at < now() - _ABANDONED)
    keys = list(
        session.scalars(select(GarbageRow.key).where(GarbageRow.kind == kind, GarbageRow.state != "deleted", left))
    )
    mark_deleting(session, kind, keys)
    return keys


def rescue(session: Session, kind: Kind, keys: Iterable[str]) -> None:
    """Forget that these were garbage: somebody needs them."""
    for some in _chunks(list(keys)):
        session.execute(delete(GarbageRow).where(GarbageRow.kind == kind, GarbageRow.key.in_(some)))


def forget_old(session: Session) -> None:
    """Forget what was deleted long enough ago that nobody can have seen it before."""
    session.execute(
        delete(GarbageRow).where(GarbageRow.state == "deleted", GarbageRow.changed_at < now() - _REMEMBERED)
    )


def _chunks(keys: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(keys), _CHUNK):
        yield keys[start : start + _CHUNK]
