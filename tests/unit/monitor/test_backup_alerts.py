"""The alert about backups."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from unshelf.monitor.alerts.service import AlertService
from unshelf.monitor.backup_alerts import BACKUP_TOO_OLD, BackupAlerts


def test_the_alert_says_how_old_and_why_and_is_over_by_itself(alerts: AlertService) -> None:
    state = SimpleNamespace(
        is_too_old=True, last_success=None, to="/backups", every_hours=24.0, problem="The disk is full."
    )
    backups: Any = SimpleNamespace(state=lambda: state)
    watch = BackupAlerts(alerts, backups)
    watch.look()
    (alert,) = alerts.open_of(BACKUP_TOO_OLD)
    assert "ever made" in alert.finding.summary and alert.finding.evidence["problem"] == "The disk is full."
    state.last_success = SimpleNamespace(begun_at=datetime(2026, 11, 1, 12, tzinfo=UTC))
    watch.look()
    (alert,) = alerts.open_of(BACKUP_TOO_OLD)
    assert "2026-11-01 12:00" in alert.finding.summary
    state.is_too_old = False
    watch.look()
    assert alerts.open_of(BACKUP_TOO_OLD) == []
    assert watch.loop().name == "backup-alerts"
