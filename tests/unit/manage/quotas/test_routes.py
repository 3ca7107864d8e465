"""Quotas over HTTP."""

from tests.support.accounts import user_actor
from tests.support.actors import actor
from tests.support.asgi import caller_of
from tests.unit.manage.quotas.conftest import Facts
from unshelf.foundation.database.engine import Database
from unshelf.manage.quotas.resources import ResourceAmounts
from unshelf.manage.quotas.routes import router
from unshelf.manage.quotas.service import QuotaService
from unshelf.server.wiring.people import PeopleParts


def test_a_quota_is_set_shown_and_removed(
    quotas: QuotaService, facts: Facts, people: PeopleParts, database: Database
) -> None:
    call = caller_of(actor("admin"), router(quotas))
    facts.running = {"the project 'default'": ResourceAmounts(replicas=3, cores=1.5)}
    assert call("GET", "/projects/default/quota").json()["limits"] is None
    made = call("PUT", "/quotas/project/default", json={"replicas": 4, "gpus": 0})
    assert made.status_code == 200, made.text
    shown = call("GET", "/projects/default/quota").json()
    assert shown == made.json()
    assert (shown["limits"]["replicas"], shown["limits"]["gpus"], shown["limits"]["cores"]) == (4, 0, None)
    assert (shown["used"]["replicas"], shown["used"]["cores"], shown["is_default"]) == (3, 1.5, False)
    assert call("GET", "/quotas").json()["quotas"] == [shown]
    assert call("DELETE", "/quotas/project/default").status_code == 204
    assert call("DELETE", "/quotas/project/default").status_code == 404
    assert call("GET", "/quotas/mine").json() == {"quota": None}
    ada = caller_of(user_actor(people, database, "ada"), router(quotas))
    assert ada("GET", "/quotas/mine").json()["quota"]["name"] == "ada"


def test_only_administrators_set_quotas(quotas: QuotaService) -> None:
    call = caller_of(actor("deploy"), router(quotas))
    assert call("PUT", "/quotas/project/default", json={"replicas": 4}).status_code == 403
    assert call("GET", "/quotas").status_code == 403
    assert call("GET", "/projects/default/quota").status_code == 200
    admin = caller_of(actor("admin"), router(quotas))
    assert admin("PUT", "/quotas/team/default", json={"replicas": 4}).status_code == 422
    assert admin("PUT", "/quotas/project/default", json={}).status_code == 422
    assert admin("PUT", "/quotas/project/default", json={"replicas": -1}).status_code == 422
