"""The history of backups: which were made, when, where, and which failed why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from unshelf.foundation.access.actors import SYSTEM, Actor
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.ids import new_id
from unshelf.manage.backups.store.manifest import BackupManifest, Reason
from unshelf.manage.backups.tables import BackupRow

_KEPT = 200
_MOST_PROBLEM = 2000


@dataclass(frozen=True, kw_only=True)
class EndedBackup:
    """A backup that was made, or that failed."""

    id: str
    place: str
    reason: Reason
    state: Literal["done", "failed"]
    begun_at: datetime
    ended_at: datetime
    files: int
    bytes: int
    new_bytes: int
    problem: str


class BackupHistory:
    """Notes backups in the database, each with its event."""

    def __init__(self, database: Database, events: EventStore) -> None:
        self._database = database
        self._events = events

    def begin(self) -> datetime:
        """Return the moment at which one begins."""
        return now()

    def made(self, begun_at: datetime, manifest: BackupManifest, place: str, actor: Actor = SYSTEM) -> None:
        """Note a backup that was made."""
        self._note(
            actor,
            BackupRow(
                id=manifest.id, place=place[:500], reason=manifest.reason, state="done", begun_at=begun_at, ended_at=now(),
                files=manifest.files, bytes=manifest.bytes, new_bytes=manifest.new_bytes, problem="",
            ),
        )  # fmt: skip

    def failed(self, begun_at: datetime, reason: Reason, place: str, problem: str, actor: Actor = SYSTEM) -> None:
        """Note a backup that failed."""
        self._note(
            actor,
            BackupRow(
                id=new_id(), place=place[:500], reason=reason, state="failed", begun_at=begun_at, ended_at=now(),
                files=0, bytes=0, new_bytes=0, problem=problem[:_MOST_PROBLEM],
            ),
        )  # fmt: skip

    def ended(self, limit: int = 50, since: datetime | None = None) -> list[EndedBackup]:
        """List those that ended, after a moment where one is given, the newest first."""
        query = select(BackupRow).order_by(BackupRow.ended_at.desc()).limit(limit)
        if since is not None:
            query = query.where(BackupRow.ended_at > since)
        with self._database.read() as session:
            return [_ended(row) for row in session.scalars(query)]

    def last_success(self, place: str, since: datetime | None = None) -> EndedBackup | None:
        """Return the newest that was made to a place, after a moment where one is given."""
        query = select(BackupRow).where(BackupRow.state == "done", BackupRow.place == place[:500])
        if since is not None:
            query = query.where(BackupRow.ended_at > since)
        with self._database.read() as session:
            row = session.scalars(query.order_by(BackupRow.ended_at.desc()).limit(1)).first()
            return None if row is None else _ended(row)

    def _note(self, actor: Actor, row: BackupRow) -> None:
        after = {"place": row.place, "reason": row.reason, "bytes": row.bytes, "new_bytes": row.new_bytes}
        action = "backup.made" if row.state == "done" else "backup.failed"
        with self._database.transaction() as session:
            session.add(row)
            session.flush()
            _forget_old(session)
            self._events.record(
                session, actor, action, Subject(kind="backup", name=row.id), after=after, reason=row.problem
            )


def _forget_old(session: Session) -> None:
    kept = select(BackupRow.id).order_by(BackupRow.ended_at.desc()).limit(_KEPT)
    session.execute(delete(BackupRow).where(BackupRow.id.not_in(kept.scalar_subquery())))


def _ended(row: BackupRow) -> EndedBackup:
    return EndedBackup(
        id=row.id, place=row.place, reason=cast(Reason, row.reason),
        state=cast(Literal["done", "failed"], row.state), begun_at=row.begun_at, ended_at=row.ended_at, files=row.files,
        bytes=row.bytes, new_bytes=row.new_bytes, problem=row.problem,
    )  # fmt: skip
