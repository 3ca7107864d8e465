"""Messages about alerts: what is wrong, since when, and what to do."""

from dataclasses import replace
from datetime import UTC, datetime

from tests.support.alerting import drift
from unshelf.monitor.alerts.alert import Alert, Finding
from unshelf.monitor.alerts.messages import digest_of, over_text_of, text_of, title_of

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
FINDING = Finding(
    kind="inputs_drifted", model="churn", severity="warning", summary="Inputs of churn drifted.",
    evidence=drift(2, "income", "age", "term", "late", since="2026-11-30T10:00:00+00:00"), action="update", advice="Retrain it.",
)  # fmt: skip
WARNING = Alert(id="a1", finding=FINDING, raised_at=NOON, seen_at=NOON)
CRITICAL = replace(
    WARNING,
    id="a2",
    finding=replace(FINDING, severity="critical", summary="churn fails.", evidence={}, action="replace"),
)


def test_the_worst_stands_first() -> None:
    assert title_of([WARNING, CRITICAL]) == "Critical: churn fails. (and 1 more)"
    assert title_of([WARNING], before="Over") == "Over: Inputs of churn drifted."


def test_a_text_says_what_how_far_since_when_and_what_to_do() -> None:
    text = text_of([WARNING, CRITICAL], "Roll back to version 1. unshelf rollback churn")
    assert text == (
        "churn fails.\nSince 2026-11-30 12:00 UTC.\nReplace: Retrain it.\n\n"
        "Inputs of churn drifted.\n- income: income moved.\n- age: age moved.\n- term: term moved.\n"
        "Since 2026-11-30T10:00:00+00:00.\nUpdate: Retrain it.\n\n"
        "Suggested: Roll back to version 1. unshelf rollback churn\n\nThe whole card: unshelf alerts show a2"
    )


def test_many_alerts_make_no_endless_text() -> None:
    assert "… and 3 more." in text_of([replace(WARNING, id=f"a{number:02}") for number in range(13)])


def test_the_end_says_why() -> None:
    over = replace(CRITICAL, resolved_at=NOON, resolved_because="Version 2 gets no traffic any more.")
    assert over_text_of([over]) == "churn fails. It is over. Version 2 gets no traffic any more."


def test_the_digest_lists_what_is_open() -> None:
    title, body = digest_of([WARNING, CRITICAL])
    assert title == "2 alerts are open for models with best-effort support"
    assert body.splitlines()[0] == "critical: churn fails. (unshelf alerts show a2)"
