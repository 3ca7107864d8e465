"""Uses of secrets: an event when the programs of a model are given values, once for each change of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.foundation.access.actors import SYSTEM
from unshelf.foundation.database.engine import Database
from unshelf.manage.audit.service import AuditService
from unshelf.manage.secrets.tables import SecretUseRow

_NAMES_A_QUERY = 500


@dataclass(frozen=True, kw_only=True)
class SecretUse:
    """Values that the host was given for the workers of a model."""

    model: str
    revision: int
    names: tuple[str, ...]


class SecretUses:
    """Logs who was given which secrets, by their names."""

    def __init__(self, database: Database, audit: AuditService) -> None:
        self._database = database
        self._audit = audit

    def by_check(self, model: str, deploy: str, names: Sequence[str]) -> None:
        """Log that the check of a deploy was given these secrets; nothing without any."""
        if names:
            with self._database.transaction() as session:
                after = {"names": list(names), "by": "check", "deploy": deploy}
                self._audit.record(session, SYSTEM, "secret.used", model, after)

    def by_workers(self, uses: Sequence[SecretUse]) -> None:
        """Log that the host was given these, for workers that start from now on. What was logged already is not logged again, such
        as when the host was restarted."""
        with self._database.read() as session:
            logged = _logged(session, [use.model for use in uses])
        fresh = [use for use in uses if logged.get(use.model) != use.revision]
        if not fresh:
            return
        with self._database.transaction() as session:
            for use in fresh:
                row = session.get(SecretUseRow, use.model)
                if row is None:
                    session.add(SecretUseRow(model=use.model, revision=use.revision))
                else:
                    row.revision = use.revision
                after = {"names": list(use.names), "by": "workers", "revision": use.revision}
                self._audit.record(session, SYSTEM, "secret.used", use.model, after)


def _logged(session: Session, models: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(models), _NAMES_A_QUERY):
        some = select(SecretUseRow).where(SecretUseRow.model.in_(models[start : start + _NAMES_A_QUERY]))
        found |= {row.model: row.revision for row in session.scalars(some)}
    return found
