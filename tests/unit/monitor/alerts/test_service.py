"""Alerts: one for each problem, from when it is found until it is over, told to those whom it concerns, also on a full disk."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from tests.support.actors import actor
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.subjects import Subjects
from unshelf.monitor.alerts.alert import Alert, Finding
from unshelf.monitor.alerts.service import AlertService
from unshelf.monitor.alerts.stored import AlertFilter
from unshelf.monitor.alerts.tables import AlertRow

ADMIN = actor()
TEAM = actor("deploy", ["iris*"])


def finding(kind: str = "slow", model: str | None = None, **fields: Any) -> Finding:
    return Finding(
        **{"kind": kind, "model": model, "severity": "warning", "summary": "It is slow.", "evidence": {"ms": 3},
           "action": "update", "advice": "Make it fast.", **fields}
    )  # fmt: skip


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = SqliteDatabase(f"sqlite:///{tmp_path}/unshelf.db")
    Base.metadata.create_all(made.engine)
    yield made
    made.dispose()


def listed(alerts: AlertService, who: Actor = ADMIN, **asked: Any) -> list[Alert]:
    limit = asked.pop("limit", 100)
    return alerts.list_for(who, AlertFilter(**asked), limit=limit).items


def test_a_problem_that_is_seen_again_is_one_alert_with_the_newest_evidence(database: Database) -> None:
    alerts = AlertService(database, EventStore(database), Subjects())
    alerts.report(finding())
    alerts.report(finding(evidence={"ms": 9}))
    alerts.report(finding(model="iris", severity="critical"))
    (of_model, of_all) = listed(alerts)
    assert (of_model.finding.model, of_all.finding.evidence) == ("iris", {"ms": 9})
    assert alerts.count() == (1, 1)


def test_what_is_over_is_resolved_and_comes_back_as_another_alert(database: Database) -> None:
    alerts = AlertService(database, EventStore(database), Subjects())
    alerts.report(finding())
    alerts.over("slow")
    alerts.over("slow")
    assert (listed(alerts), alerts.count()) == ([], (0, 0))
    (first,) = listed(alerts, state="resolved")
    assert first.resolved_at is not None
    alerts.report(finding())
    assert [alert.resolved_at is None for alert in listed(alerts, state="all")] == [True, False]


def test_what_was_over_long_ago_goes_and_nothing_else(database: Database) -> None:
    alerts = AlertService(database, EventStore(database), Subjects())
    for kind in ("old", "recent", "open"):
        alerts.report(finding(kind))
    alerts.over("old")
    alerts.over("recent")
    with database.transaction() as session:
        session.execute(update(AlertRow).where(AlertRow.kind != "recent").values(raised_at=now() - timedelta(days=40)))
        session.execute(update(AlertRow).where(AlertRow.kind == "old").values(resolved_at=now() - timedelta(days=31)))

    assert alerts.prune(30) == 1
    assert {alert.finding.kind for alert in listed(alerts, state="all")} == {"recent", "open"}
    assert alerts.prune(30) == 0


def test_the_next_control_knows_what_was_open(database: Database) -> None:
    AlertService(database, EventStore(database), Subjects()).report(finding())
    alerts = AlertService(database, EventStore(database), Subjects())
    alerts.report(finding(evidence={"ms": 4}))
    (alert,) = listed(alerts, state="all")
    assert alert.finding.evidence == {"ms": 4}
    alerts.over("slow")
    assert listed(alerts) == []


def test_a_key_for_some_models_sees_the_alerts_of_these(database: Database) -> None:
    alerts = AlertService(database, EventStore(database), Subjects())
    for model in (None, "iris", "rose"):
        alerts.report(finding(model=model))
    assert [alert.finding.model for alert in listed(alerts, TEAM)] == ["iris"]
    assert [alert.finding.model for alert in listed(alerts, TEAM, limit=1)] == ["iris"]
    assert [alert.finding.model for alert in listed(alerts, model="rose")] == ["rose"]
