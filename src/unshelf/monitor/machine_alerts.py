"""Alerts about the machine: what `unshelf doctor` finds wrong and cannot wait until somebody looks."""

from collections.abc import Callable
from typing import Literal

from unshelf.contracts.errors import UnshelfError
from unshelf.contracts.machine import MachineCheck
from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.monitor.alerts.alert import Finding
from unshelf.monitor.alerts.service import AlertService

ALERTED: dict[str, Literal["warn", "fail"]] = {
    "disk": "fail",
    "memory": "fail",
    "mount": "fail",
    "uv": "fail",
    "environments": "warn",
    "clock": "warn",
    "certificate": "warn",
    "mail": "warn",
}
"""The checks that raise an alert, `machine_NAME`, and from which state on. docs/concepts/alerts.md explains each."""
_STATES = ("ok", "warn", "fail")
_EVERY_SECONDS = 60.0
_FIRST_SECONDS = 10.0


class MachineAlerts:
    """Looks at the checks every minute; raises and resolves the alerts."""

    def __init__(self, alerts: AlertService, checks: Callable[[], list[MachineCheck]]) -> None:
        """`checks`: all that doctor shows of the server's machine. Raises UnshelfError while the host does not answer."""
        self._alerts = alerts
        self._checks = checks

    def loop(self) -> PeriodicLoop:
        """Describe the loop."""
        return PeriodicLoop(name="machine-alerts", act=self.look, every=_EVERY_SECONDS, retry=_FIRST_SECONDS)

    def look(self) -> float:
        """Look once; returns the seconds until the next time."""
        try:
            checks = {check.name: check for check in self._checks()}
        except UnshelfError:  # the host is starting, or down, which /readyz and its own log say
            return _FIRST_SECONDS
        for name, least in ALERTED.items():
            check, kind = checks.get(name), f"machine_{name}"
            if check is not None and _STATES.index(check.state) >= _STATES.index(least):
                self._alerts.report(_finding(kind, check))
            else:
                self._alerts.over(kind)
        return _EVERY_SECONDS


def _finding(kind: str, check: MachineCheck) -> Finding:
    return Finding(
        kind=kind,
        severity="critical" if check.state == "fail" else "warning",
        summary=f"The server's {check.name}: {check.detail}."[:500],
        evidence={"check": check.name, "state": check.state, "detail": check.detail},
        action="repair",
        advice=check.hint or "`unshelf doctor` shows it.",
    )
