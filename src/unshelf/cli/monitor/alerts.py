"""Alerts, as the commands show them."""

from collections import Counter
from typing import Any

from unshelf.contracts.machine import MachineCheck


def alert_check(alert: dict[str, Any]) -> MachineCheck:
    """Show an alert as one of `unshelf doctor`'s checks."""
    evidence = ", ".join(f"{name}={value}" for name, value in alert["evidence"].items())
    return MachineCheck(
        name=alert["kind"],
        state="fail" if alert["severity"] == "critical" else "warn",
        detail=f"{alert['summary']} ({evidence})" if evidence else alert["summary"],
        hint=f"{alert['action']}: {alert['advice']}",
    )


def alert_line(alert: dict[str, Any]) -> str:
    """Return an alert in a line."""
    return f"{alert['severity']}: {alert['summary']} {alert['action']}: {alert['advice']}"


def by_model(alerts: list[dict[str, Any]]) -> Counter[str]:
    """How many alerts each model has."""
    return Counter(alert["model"] for alert in alerts if alert["model"])
