"""Which step of telling people is next, and when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.alerting import drift
from unshelf.monitor.alerts.alert import Alert, Finding
from unshelf.monitor.alerts.life import Life, extent_of
from unshelf.monitor.alerts.steps import GROUP, SETTLE, Circumstances, Step, next_digest, next_step, rank

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
FINDING = Finding(
    kind="inputs_drifted", model="churn", severity="warning", summary="Inputs drifted.", evidence=drift(1.5),
    action="update", advice="Look.",
)  # fmt: skip
USUAL = Circumstances(group_began_at=NOON)
CRITICAL = replace(USUAL, level="critical")


def alert(**life: Any) -> Alert:
    return Alert(id="a", finding=FINDING, raised_at=NOON, seen_at=NOON, life=Life(**life))


@pytest.mark.parametrize(
    ("found", "around", "step"),
    [
        (alert(), USUAL, Step(name="tell", at=NOON + SETTLE)),
        (alert(), replace(USUAL, group_told_at=NOON, group_told_severity="warning"), Step(name="tell", at=NOON + GROUP)),
        (alert(), replace(USUAL, level="best-effort"), Step(name="digest", at=NOON + timedelta(hours=18))),
        (alert(told_at=NOON), USUAL, None),
        (alert(told_at=NOON), CRITICAL, Step(name="escalate", at=NOON + timedelta(minutes=15))),
        (alert(told_at=NOON, escalations=1, escalated_at=LATER), CRITICAL, Step(name="escalate", at=LATER + timedelta(minutes=15))),
        (alert(told_at=NOON, escalations=2, escalated_at=LATER), CRITICAL, None),
        (alert(told_at=NOON, acknowledged_at=LATER), CRITICAL, None),
        (alert(told_at=NOON, snoozed_until=LATER), CRITICAL, Step(name="wake", at=LATER)),
        (alert(ignored=extent_of("warning", "", drift(1.5))), CRITICAL, None),
        (alert(ignored=extent_of("warning", "", drift(1.0))), CRITICAL, Step(name="heed", at=LATER)),
        (replace(alert(told_at=NOON), resolved_at=LATER), USUAL, Step(name="over", at=LATER)),
        (replace(alert(), resolved_at=LATER), USUAL, None),
        (replace(alert(told_at=NOON, closed_at=LATER), resolved_at=LATER), USUAL, None),
    ],
)  # fmt: skip
def test_what_is_next(found: Alert, around: Circumstances, step: Step | None) -> None:
    assert next_step(found, around, LATER) == step


def test_a_worse_alert_of_a_group_that_people_heard_of_waits_for_nothing() -> None:
    around = replace(USUAL, group_told_at=NOON, group_told_severity="warning")
    worse = replace(alert(), finding=replace(FINDING, severity="critical"))
    assert next_step(worse, around, LATER) == Step(name="tell", at=NOON)


def test_the_digest_goes_out_once_a_day() -> None:
    assert next_digest(NOON) == datetime(2026, 12, 1, 6, tzinfo=UTC)
    assert next_digest(datetime(2026, 11, 30, 5, 59, tzinfo=UTC)) == datetime(2026, 11, 30, 6, tzinfo=UTC)


def test_nothing_is_less_severe_than_anything() -> None:
    assert [rank(each) for each in ("", "warning", "critical")] == [0, 1, 2]
