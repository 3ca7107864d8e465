"""The loop that ends alerts about a version which a release has taken the traffic from: nobody has that problem any more."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.routing import Share
from unshelf.foundation.database.engine import Database
from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.monitor.alerts.service import AlertService
from unshelf.monitor.alerts.tables import AlertRow

LOOP = "alert-endings"
_SECONDS = 0.5
_REST_SECONDS = 24 * 3600.0
LiveAmong = Callable[[Session, Iterable[str]], Mapping[str, Sequence[Share]]]
"""Finds the live shares of models, of those that have any."""
ChangedAt = Callable[[Session, str], datetime | None]
"""Finds when the release of a model changed last; None: it never had one."""


class VersionEndings:
    """Resolves the alerts of monitors about one version, once a release or a rollback has taken its traffic."""

    def __init__(
        self, database: Database, alerts: AlertService, *, live_among: LiveAmong, changed_at: ChangedAt
    ) -> None:
        self._database = database
        self._alerts = alerts
        self._live_among = live_among
        self._changed_at = changed_at

    def loop(self) -> PeriodicLoop:
        """Describe the loop."""
        return PeriodicLoop(name=LOOP, act=self.look, every=_SECONDS, after_changes=True)

    def look(self) -> float:
        """See which alerts are over; returns the seconds until the next look, if nothing changes before."""
        with self._database.read() as session:
            about = [
                (row.kind, row.model, version)
                for row in session.scalars(select(AlertRow).where(AlertRow.resolved_at.is_(None)))
                if row.model is not None
                and (version := _monitored_version(row.evidence)) is not None
                and self._is_over(session, row, version)
            ]
        for kind, model, version in about:
            self._alerts.over(kind, model, because=f"Version {version} gets no traffic any more.")
        return _REST_SECONDS

    def _is_over(self, session: Session, row: AlertRow, version: int) -> bool:
        """Whether the version lost its traffic after it was last seen to have the problem."""
        assert row.model is not None  # noqa: S101 -- the caller asks of no other
        live = self._live_among(session, [row.model]).get(row.model, ())
        if any(share.version == version for share in live):
            return False
        changed = self._changed_at(session, row.model)
        return changed is not None and changed > row.seen_at


def _monitored_version(evidence: Mapping[str, object]) -> int | None:
    """Return the version that a monitor's evidence names; None for other evidence."""
    version = evidence.get("version")
    return version if "monitor" in evidence and isinstance(version, int) and not isinstance(version, bool) else None
