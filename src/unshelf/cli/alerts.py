"""Alerts, as the commands show them."""

from collections import Counter
from typing import Any


def alert_check(alert: dict[str, Any]) -> dict[str, str]:
    """An alert in the words of `unshelf doctor`'s checks."""
    state = "wrong" if alert["severity"] == "critical" else "limited"
    evidence = ", ".join(f"{name}={value}" for name, value in alert["evidence"].items())
    found = f"{alert['summary']} ({evidence})" if evidence else alert["summary"]
    return {"what": alert["kind"], "state": state, "found": found, "advice": f"{alert['action']}: {alert['advice']}"}


def alert_line(alert: dict[str, Any]) -> str:
    """An alert in a line."""
    return f"{alert['severity']}: {alert['summary']} {alert['action']}: {alert['advice']}"


def by_model(alerts: list[dict[str, Any]]) -> Counter[str]:
    """How many alerts each model has."""
    return Counter(alert["model"] for alert in alerts if alert["model"])
