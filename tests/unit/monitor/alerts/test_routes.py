"""Alerts over HTTP: those that concern the caller, and what one answers."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.support.actors import actor
from tests.support.alerting import ANA, OLGA, STRANGER, VERA, AlertWorld
from tests.support.asgi import caller_of
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.monitor.alerts.routes import router


def calling(world: AlertWorld, who: Actor) -> Callable[..., httpx.Response]:
    return caller_of(who, router(world.alerts, world.answers))


@pytest.fixture
def _found(world: AlertWorld) -> None:
    """One alert of the installation that is over, and an open one of each of two models."""
    world.raise_("over", None)
    world.alerts.over("over")
    world.raise_("slow", "iris")
    world.raise_("slow", "churn", severity="critical")


@pytest.mark.usefixtures("_found")
@pytest.mark.parametrize(
    ("who", "asked", "found"),
    [
        (actor(), {}, ["churn", "iris"]),
        (actor(), {"state": "resolved"}, [None]),
        (actor(), {"state": "all", "limit": 2}, ["churn", "iris"]),
        (actor(), {"model": "iris"}, ["iris"]),
        (actor(), {"project": "risk"}, ["churn"]),
        (actor(), {"severity": "critical", "kind": "slow"}, ["churn"]),
        (actor(), {"kind": "fast"}, []),
        (actor("deploy", ["i*"]), {"state": "all"}, ["iris"]),
        (VERA, {"state": "active"}, ["churn"]),
        (VERA, {"mine": True}, []),
    ],
)
def test_alerts_are_listed_newest_first(
    world: AlertWorld, who: Actor, asked: dict[str, Any], found: list[str | None]
) -> None:
    answer = calling(world, who)("GET", "/alerts", params=asked).json()
    assert [alert["model"] for alert in answer["alerts"]] == found
    assert (answer["next_cursor"] is not None) == ("limit" in asked)


@pytest.mark.parametrize("asked", [{"state": "closed"}, {"limit": "0"}, {"cursor": "x"}, {"severity": "mild"}])
def test_what_can_not_be_asked_is_refused(world: AlertWorld, asked: dict[str, str]) -> None:
    assert calling(world, actor())("GET", "/alerts", params=asked).status_code == 422


def test_who_only_predicts_sees_no_alerts(world: AlertWorld) -> None:
    assert calling(world, actor("predict"))("GET", "/alerts").status_code == 403


def test_an_alert_is_answered(world: AlertWorld) -> None:
    id, ana = world.raise_(), calling(world, ANA)
    assert ana("GET", f"/alerts/{id}").json()["status"] == "new"
    assert ana("POST", f"/alerts/{id}/acknowledge").json()["acknowledged_by"] == "ana"
    snoozed = ana("PUT", f"/alerts/{id}/snooze", json={"seconds": 3600}).json()
    assert (snoozed["status"], snoozed["snoozed_by"]) == ("snoozed", "ana")
    assert ana("GET", "/alerts", params={"state": "active"}).json()["alerts"] == []
    assert ana("DELETE", f"/alerts/{id}/snooze").json()["status"] == "acknowledged"
    given = ana("PUT", f"/alerts/{id}/assignee", json={"name": "olga"}).json()
    assert given["assignee"] == {"kind": "user", "name": "olga", "by": "ana"}
    assert [each["id"] for each in calling(world, OLGA)("GET", "/alerts", params={"mine": True}).json()["alerts"]] == [
        id
    ]
    assert ana("DELETE", f"/alerts/{id}/assignee").json()["assignee"] is None
    world.answers.ignore(ANA, id, reason="")
    assert ana("DELETE", f"/alerts/{id}/ignored").json()["status"] == "acknowledged"
    world.alerts.over("errors_high", "churn")
    assert ana("POST", f"/alerts/{id}/acknowledge").status_code == 409


def test_who_may_not_answer_is_refused(world: AlertWorld) -> None:
    id = world.raise_()
    assert calling(world, VERA)("POST", f"/alerts/{id}/acknowledge").status_code == 403
    assert calling(world, STRANGER)("GET", f"/alerts/{id}").status_code == 404
    assert calling(world, STRANGER)("POST", f"/alerts/{id}/acknowledge").status_code == 404
    assert calling(world, actor("predict"))("GET", f"/alerts/{id}").status_code == 403


def test_a_snooze_has_one_end_which_lies_ahead(world: AlertWorld) -> None:
    id, ana = world.raise_(), calling(world, ANA)
    until = (now() + timedelta(days=2)).replace(tzinfo=None).isoformat()
    for wanted in ({}, {"seconds": 60, "until": until}, {"seconds": 5}, {"until": "2020-01-01T00:00:00"}):
        assert ana("PUT", f"/alerts/{id}/snooze", json=wanted).status_code == 422
    assert ana("PUT", f"/alerts/{id}/snooze", json={"until": until}).json()["snoozed_until"].endswith(("Z", "+00:00"))
