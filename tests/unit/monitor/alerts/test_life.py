"""The life of an alert: its status at a moment, and when a problem is another one than it was."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.alerting import drift
from unshelf.monitor.alerts.life import NEW, Extent, Life, columns_of, extent_of, has_changed, ratio_of

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
BEFORE = extent_of("warning", "Inputs drifted.", drift(1.5, "income", "age"))


@pytest.mark.parametrize(
    ("life", "status"),
    [
        (NEW, "new"),
        (Life(acknowledged_at=NOON), "acknowledged"),
        (Life(acknowledged_at=NOON, snoozed_until=NOON + timedelta(hours=1)), "snoozed"),
        (Life(snoozed_until=NOON), "new"),
        (Life(ignored=BEFORE, snoozed_until=NOON + timedelta(hours=1)), "ignored"),
    ],
)
def test_the_status_follows_from_what_was_done(life: Life, status: str) -> None:
    assert life.status(NOON, is_resolved=False) == status
    assert life.status(NOON, is_resolved=True) == "resolved"


def test_the_extent_is_the_worst_column_and_all_names() -> None:
    assert (BEFORE.severity, BEFORE.summary, BEFORE.columns) == ("warning", "Inputs drifted.", ("age", "income"))
    assert BEFORE.ratio == pytest.approx(1.5)
    assert extent_of("warning", "Lost.", {"lost": 3}) == Extent(
        severity="warning", summary="Lost.", columns=(), ratio=None
    )


@pytest.mark.parametrize(
    ("severity", "evidence", "changed"),
    [
        ("warning", drift(1.5, "income", "age"), False),
        ("warning", drift(1.8, "income"), False),
        ("warning", drift(1.9, "income"), True),
        ("critical", drift(1.5, "income"), True),
        ("warning", drift(1.1, "income", "term"), True),
    ],
)
def test_a_problem_is_another_one_when_it_is_worse_or_elsewhere(
    severity: str, evidence: dict[str, object], changed: bool
) -> None:
    assert has_changed(BEFORE, extent_of(severity, "Inputs drifted more.", evidence)) is changed


def test_without_columns_the_summary_decides() -> None:
    before = extent_of("warning", "Lost 3.", {})
    assert not has_changed(before, extent_of("warning", "Lost 3.", {"count": 9}))
    assert has_changed(before, extent_of("warning", "Lost 9.", {}))


def test_odd_evidence_is_no_error() -> None:
    assert columns_of({"columns": ["x", {"column": "a"}]}) == [{"column": "a"}]
    assert columns_of({"columns": "x"}) == []
    assert [ratio_of(each) for each in ({}, {"value": 1, "threshold": 0}, {"value": "1", "threshold": 2})] == [None] * 3
    assert ratio_of({"value": True, "threshold": 2}) is None
    assert ratio_of({"value": -3, "threshold": 2}) == 1.5
