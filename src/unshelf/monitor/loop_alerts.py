"""Alerts about background work: a loop of control that keeps failing, until it works again."""

from unshelf.monitor.alerts.alert import Finding
from unshelf.monitor.alerts.service import AlertService

LOOP_FAILING = "loop_failing"
"""docs/concepts/alerts.md explains it."""


class LoopAlerts:
    """Raises and resolves the alert. For the threads of all loops."""

    def __init__(self, alerts: AlertService) -> None:
        self._alerts = alerts

    def failing(self, loop: str, failures: int, error: str) -> None:
        """Raise the alert, or renew its evidence."""
        self._alerts.report(
            Finding(
                kind=LOOP_FAILING,
                severity="warning",
                summary="Background work of the control plane keeps failing.",
                evidence={"loop": loop, "failures_in_a_row": failures, "error": error[:500]},
                action="repair",
                advice="Read the control plane's log: each failure stands there with its cause. A full disk and a database that "
                "is away are the usual ones. The loop goes on trying.",
            )
        )

    def working(self, loop: str) -> None:
        """Resolve the alert that this loop was the last to renew."""
        for alert in self._alerts.open_of(LOOP_FAILING):
            if alert.finding.evidence.get("loop") == loop:
                self._alerts.over(*alert.key)
