"""Tiers over HTTP."""

from tests.support.accounts import user_actor
from tests.support.actors import actor
from tests.support.asgi import caller_of
from unshelf.foundation.database.engine import Database
from unshelf.manage.tiers.routes import router
from unshelf.manage.tiers.service import TierService
from unshelf.server.wiring.people import PeopleParts


def test_a_tier_gets_a_price_and_rights(tiers: TierService, database: Database, people: PeopleParts) -> None:
    admin = caller_of(actor("admin"), router(tiers))
    ada = caller_of(user_actor(people, database, "ada"), router(tiers))
    wanted = {"price": 0.4, "currency": "EUR", "restricted": True}
    changed = admin("PUT", "/tiers/large", json=wanted)
    assert changed.status_code == 200, changed.text
    assert {name: changed.json()[name] for name in wanted} == wanted
    shown = {tier["name"]: tier for tier in ada("GET", "/tiers").json()["tiers"]}
    assert (shown["large"]["cpu"], shown["large"]["price"], shown["large"]["may_use"]) == (4.0, 0.4, False)
    assert (shown["small"]["price"], shown["small"]["may_use"]) == (None, True)
    made = admin("POST", "/tiers/large/rights", json={"kind": "project", "name": "default", "expires_in_seconds": 60})
    assert (made.status_code, made.json()["holder"]) == (201, "default")
    assert ada("GET", "/tiers?project=default").json()["tiers"][-1]["may_use"] is True
    assert admin("GET", "/tiers/large/rights").json()["rights"] == [made.json()]
    assert admin("DELETE", f"/tiers/large/rights/{made.json()['id']}").status_code == 204
    for verb, path in (("PUT", "/tiers/large"), ("GET", "/tiers/large/rights"), ("DELETE", "/tiers/large/rights/x")):
        assert ada(verb, path, json={}).status_code == 403
    assert admin("GET", "/tiers/huge/rights").status_code == 404
    for odd in (-1, 1e12, 0.12345678, "much"):
        assert admin("PUT", "/tiers/large", json={"price": odd}).status_code == 422
