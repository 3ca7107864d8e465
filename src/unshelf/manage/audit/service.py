"""The audit trail's door: a change and its trace are one act."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.foundation.clock import now
from unshelf.foundation.database import Database
from unshelf.foundation.ids import new_id
from unshelf.manage.audit.tables import AuditEventRow

SYSTEM = "system"
"""The actor of what the platform does by itself."""


class AuditService:
    """Adds to the trail and reads it. Nothing changes or removes what is in it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(
        self, session: Session, actor: str, action: str, subject: str, detail: dict[str, Any] | None = None
    ) -> None:
        """Add an event within the caller's transaction, so that there is never the change without its trace.

        `actor` is a principal's label or SYSTEM; `action` is a noun and a verb (`key.created`); `subject` is a reference
        or an id; `detail` holds plain JSON values and never a secret."""
        session.add(
            AuditEventRow(id=new_id(), time=now(), actor=actor, action=action, subject=subject, detail=detail or {})
        )

    def recent(self, limit: int) -> list[AuditEventRow]:
        """The last `limit` events, newest first."""
        with self._database.read() as session:
            return list(session.scalars(select(AuditEventRow).order_by(AuditEventRow.id.desc()).limit(limit)))
