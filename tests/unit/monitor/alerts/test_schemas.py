"""Alerts on the wire."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from unshelf.monitor.alerts.alert import Alert, Finding
from unshelf.monitor.alerts.schemas import AlertShown, SnoozeRequest

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def test_an_alert_is_shown_with_its_finding_in_one_object() -> None:
    finding = Finding(
        kind="slow", severity="critical", summary="It is slow.", evidence={"ms": 3}, action="pause", advice="Pause it.",
        owner="ana",
    )  # fmt: skip
    shown = AlertShown.of(Alert(id="a1", finding=finding, raised_at=NOON, seen_at=NOON, resolved_at=NOON))
    assert shown.model_dump(mode="json") == {
        "id": "a1", "kind": "slow", "model": None, "project": None, "severity": "critical", "summary": "It is slow.",
        "evidence": {"ms": 3}, "action": "pause", "advice": "Pause it.", "owner": "ana",
        "raised_at": "2026-01-31T12:00:00Z", "seen_at": "2026-01-31T12:00:00Z", "resolved_at": "2026-01-31T12:00:00Z",
        "resolved_because": "", "status": "resolved", "group": None, "acknowledged_at": None, "acknowledged_by": None,
        "snoozed_until": None, "snoozed_by": None, "assignee": None, "ignored_by": None, "notified_at": None,
        "escalations": 0,
    }  # fmt: skip


@pytest.mark.parametrize("until", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_snooze_until_a_moment_that_nothing_holds_is_refused(until: str) -> None:
    with pytest.raises(ValidationError, match="from 1900 to 2999"):
        SnoozeRequest.model_validate({"until": until})
