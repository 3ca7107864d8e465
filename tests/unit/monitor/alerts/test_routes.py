"""Alerts over HTTP: those that concern the caller."""

import pytest

from tests.support.actors import actor
from tests.support.asgi import caller_of
from unshelf.foundation.access.actors import Actor
from unshelf.monitor.alerts.alert import Finding
from unshelf.monitor.alerts.routes import router
from unshelf.monitor.alerts.service import AlertService


@pytest.fixture
def _found(alerts: AlertService) -> None:
    """One alert of the installation that is over, and an open one of each of two models."""
    for kind, model in (("over", None), ("slow", "iris"), ("slow", "wine")):
        alerts.report(
            Finding(kind=kind, model=model, severity="warning", summary="", evidence={}, action="update", advice="")
        )
    alerts.over("over")


@pytest.mark.usefixtures("_found")
@pytest.mark.parametrize(
    ("who", "asked", "found"),
    [
        (actor(), {}, ["wine", "iris"]),
        (actor(), {"state": "resolved"}, [None]),
        (actor(), {"state": "all", "limit": 2}, ["wine", "iris"]),
        (actor(), {"model": "iris"}, ["iris"]),
        (actor("deploy", ["w*"]), {"state": "all"}, ["wine"]),
    ],
)
def test_alerts_are_listed_newest_first(
    alerts: AlertService, who: Actor, asked: dict[str, str | int], found: list[str | None]
) -> None:
    answer = caller_of(who, router(alerts))("GET", "/alerts", params=asked).json()
    assert [alert["model"] for alert in answer["alerts"]] == found
    assert (answer["next_cursor"] is not None) == ("limit" in asked)


@pytest.mark.parametrize("asked", [{"state": "closed"}, {"limit": "0"}, {"cursor": "x"}])
def test_what_can_not_be_asked_is_refused(alerts: AlertService, asked: dict[str, str]) -> None:
    assert caller_of(actor(), router(alerts))("GET", "/alerts", params=asked).status_code == 422


def test_who_only_predicts_sees_no_alerts(alerts: AlertService) -> None:
    assert caller_of(actor("predict"), router(alerts))("GET", "/alerts").status_code == 403
