"""The alert about backups: the last one is too old, or the first one failed."""

from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.manage.backups.service import BackupService
from unshelf.monitor.alerts.alert import OPERATOR, Finding
from unshelf.monitor.alerts.service import AlertService

BACKUP_TOO_OLD = "backup_too_old"
"""docs/concepts/alerts.md explains it."""
_EVERY_SECONDS = 60.0


class BackupAlerts:
    """Raises the alert for the administrators, and resolves it once there is a new backup."""

    def __init__(self, alerts: AlertService, backups: BackupService) -> None:
        self._alerts = alerts
        self._backups = backups

    def loop(self) -> PeriodicLoop:
        """Describe the loop."""
        return PeriodicLoop(name="backup-alerts", act=self.look, every=_EVERY_SECONDS)

    def look(self) -> None:
        """Look once."""
        state = self._backups.state()
        if not state.is_too_old:
            self._alerts.over(BACKUP_TOO_OLD)
            return
        last = state.last_success
        self._alerts.report(
            Finding(
                kind=BACKUP_TOO_OLD,
                severity="warning",
                summary="No backup of this installation was ever made." if last is None
                else f"The last backup of this installation is of {last.begun_at:%Y-%m-%d %H:%M} UTC.",
                owner=OPERATOR,
                evidence={
                    "place": state.to, "every_hours": state.every_hours, "problem": state.problem[:500],
                    "last": None if last is None else last.begun_at.isoformat(),
                },
                action="repair",
                advice="Is the place of backups there, and has it room? `unshelf backup` makes one now, and says what is wrong.",
            )
        )  # fmt: skip
