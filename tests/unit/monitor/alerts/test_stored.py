"""Alerts as rows and as values; filters that mean the same for the database and for what it does not have yet."""

from dataclasses import replace
from typing import Any

import pytest

from tests.support.alerting import ANA, AlertWorld, drift
from unshelf.foundation.clock import now
from unshelf.monitor.alerts.stored import AlertFilter, Mine, alert_of, life_row, lives_among, row_of

VERA_S = Mine(label="vera", holders=("id-vera",), models=("iris",))


def test_an_alert_comes_back_as_it_was(world: AlertWorld) -> None:
    found = world.found(world.raise_(evidence=drift(2.0)))
    over = replace(found, resolved_at=now(), resolved_because="Fixed.")
    assert alert_of(row_of(over)) == over


def test_a_life_begins_with_the_first_change(world: AlertWorld) -> None:
    id = world.raise_()
    with world.database.transaction() as session:
        assert lives_among(session, [id]) == {}
        life_row(session, id).acknowledged_by = "ana"
        session.flush()
        assert lives_among(session, [id, "none"])[id].acknowledged_by == "ana"


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({}, 3), ({"state": "all"}, 4), ({"state": "resolved"}, 1), ({"model": "churn"}, 2), ({"project": "risk"}, 2),
        ({"severity": "critical"}, 1), ({"kind": "fast"}, 1), ({"mine": VERA_S}, 2),
    ],
)  # fmt: skip
def test_a_filter_takes_the_same_from_the_database_and_from_memory(
    world: AlertWorld, wanted: dict[str, Any], count: int
) -> None:
    world.raise_("over", "churn")
    world.alerts.over("over", "churn")
    ids = [
        world.raise_("slow", "churn"),
        world.raise_("fast", "churn", severity="critical", owner="vera"),
        world.raise_("slow", "iris"),
    ]
    everything = [world.found(id) for id in [*ids, *world.ids(ANA, state="resolved")]]
    found = world.ids(**wanted)
    assert len(found) == count
    projects = {"churn": "risk", "iris": "default"}
    assert {alert.id for alert in everything if AlertFilter(**wanted).takes(alert, projects, now())} == set(found)
