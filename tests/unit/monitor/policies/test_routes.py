"""Policies over HTTP."""

from tests.support.alerting import ANA, VERA, AlertWorld
from tests.support.asgi import caller_of
from tests.support.policies import PolicyWorld
from unshelf.monitor.policies.routes import router

WANTED = {"name": "back", "model": "churn", "kinds": ["errors_high"], "act": "rollback"}


def test_a_policy_is_set_shown_and_deleted(world: AlertWorld) -> None:
    ana = caller_of(ANA, router(PolicyWorld(world).service))
    made = ana("POST", "/alert-policies", json=WANTED)
    assert (made.status_code, made.json()["severity"], made.json()["hours"]) == (201, "critical", 24)
    at = f"/alert-policies/{made.json()['id']}"
    assert ana("GET", at).json() == made.json()
    assert ana("GET", "/alert-policies", params={"model": "churn"}).json()["policies"] == [made.json()]
    assert ana("DELETE", at).status_code == 204
    assert ana("GET", at).status_code == 404


def test_odd_policies_are_refused(world: AlertWorld) -> None:
    routes = router(PolicyWorld(world).service)
    ana, vera = caller_of(ANA, routes), caller_of(VERA, routes)
    for wrong in ({"kinds": []}, {"act": "pray"}, {"hours": 0}, {"model": None}, {"name": "-"}, {"act": "start"}):
        assert ana("POST", "/alert-policies", json={**WANTED, **wrong}).status_code == 422, wrong
    assert vera("POST", "/alert-policies", json=WANTED).status_code == 403
