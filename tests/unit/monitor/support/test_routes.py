"""Support over HTTP."""

from tests.support.alerting import ROOT, AlertWorld
from tests.support.asgi import caller_of
from unshelf.monitor.support.routes import router


def test_support_is_shown_and_set(world: AlertWorld) -> None:
    root = caller_of(ROOT, router(world.support))
    wanted = {
        "level": "critical",
        "owner": {"kind": "group", "name": "night"},
        "escalate_to": {"name": "olga"},
        "escalate_after": 5,
    }
    made = root("PUT", "/projects/risk/support", json=wanted)
    assert made.status_code == 200, made.text
    shown = root("GET", "/projects/risk/support").json()
    assert shown == made.json()
    assert (shown["owner"], shown["escalate_to"]) == (
        {"kind": "group", "name": "night"},
        {"kind": "user", "name": "olga"},
    )
    assert root("PUT", "/models/churn/support", json={"level": "best-effort"}).json()["own"]["level"] == "best-effort"
    model = root("GET", "/models/churn/support").json()
    assert (model["level"], model["owner"], model["escalate_after"]) == ("best-effort", None, 5)


def test_odd_support_is_refused(world: AlertWorld) -> None:
    root = caller_of(ROOT, router(world.support))
    for wanted in ({"level": "gold"}, {"escalate_after": 0}, {"owner": {"kind": "team", "name": "x"}}, {"more": 1}):
        assert root("PUT", "/models/churn/support", json=wanted).status_code == 422
    assert root("PUT", "/models/churn/support", json={"owner": {"name": "nobody"}}).status_code == 404
