"""Alerts as values."""

from unshelf.foundation.clock import now
from unshelf.monitor.alerts.alert import OPERATOR, Alert, Finding


def test_only_one_open_alert_has_a_kind_and_a_model() -> None:
    finding = Finding(
        kind="slow", model="iris", severity="warning", summary="", evidence={}, action="update", advice=""
    )
    alert = Alert(id="a1", finding=finding, raised_at=now(), seen_at=now())
    assert (alert.key, alert.resolved_at, finding.owner) == (("slow", "iris", None), None, OPERATOR)
