"""A request for access through control's API: asked by one user, granted by another, and as much as was granted."""

import pytest

from tests.support.accounts import Browser, joined, logged_in
from tests.support.asgi import AppCaller
from unshelf.contracts.home import Home
from unshelf.deploy.registry.tables import ModelRow
from unshelf.foundation.access.model_scopes import place_model
from unshelf.foundation.clock import now
from unshelf.manage.keys.tokens import token_hash
from unshelf.runtime.routing_file import read_routing
from unshelf.server.wiring.base import open_database
from unshelf.server.wiring.control import Control


@pytest.fixture
def olga(control: Control, home: Home, admin: AppCaller, nobody: AppCaller) -> Browser:
    """The owner of the project credit, with the internal model score and the private one secret."""
    joined(admin, nobody, "olga")
    assert logged_in(control.app, "olga")("POST", "/api/v1/projects", json={"name": "credit"}).status_code == 201
    database = open_database("sqlite:///unshelf.db", home.folder)
    with database.transaction() as session:
        session.add(ModelRow(name="score", last_version=1, created_at=now()))
        place_model(session, "score", "credit", "internal")
        place_model(session, "secret", "credit", "private")
    database.dispose()
    return logged_in(control.app, "olga")


def test_access_is_asked_for_granted_and_used_by_a_token(
    control: Control, home: Home, admin: AppCaller, nobody: AppCaller, olga: Browser
) -> None:
    joined(admin, nobody, "zoe")
    zoe = logged_in(control.app, "zoe")
    for name in ("secret", "nothing"):
        answer = zoe("POST", "/api/v1/requests", json={"model": name, "reason": "x"})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    asked = zoe("POST", "/api/v1/requests", json={"model": "score", "reason": "the quarterly report"}).json()
    path = f"/api/v1/requests/{asked['id']}"
    assert zoe("POST", f"{path}/grant", json={}).status_code == 403
    assert zoe("POST", f"{path}/token", json={}).status_code == 409
    (open_one,) = olga("GET", "/api/v1/requests?whose=to_decide&state=open").json()["requests"]
    assert (open_one["id"], open_one["asked_by"].startswith("zoe"), open_one["may_decide"]) == (asked["id"], True, True)
    assert olga("POST", f"{path}/grant", json={"expires_in_seconds": 604_800}).json()["state"] == "granted"
    made = zoe("POST", f"{path}/token", json={"name": "report"})
    assert made.status_code == 201
    token = made.json()
    assert (token["role"], token["models"]) == ("caller", ["score"])
    route = read_routing(home.run).keys[token_hash(token["token"])]
    assert [(scope.model, scope.project) for scope in route.bounds or ()] == [("score", "")]
    assert "score" in {scope.model for scope in route.calls or ()}
    (member,) = olga("GET", "/api/v1/projects/credit/members").json()["members"]
    assert (member["name"], member["role"]) == ("olga", "owner")
    assert olga("DELETE", f"/api/v1/members/{member['id']}").status_code == 409


def test_who_leaves_asks_no_more_and_hands_their_goals_over(
    control: Control, admin: AppCaller, nobody: AppCaller, olga: Browser
) -> None:
    for name in ("zoe", "ben"):
        joined(admin, nobody, name)
    zoe = logged_in(control.app, "zoe")
    asked = zoe("POST", "/api/v1/requests", json={"model": "score", "reason": "x"}).json()
    granted = olga("POST", "/api/v1/projects/credit/members", json={"name": "zoe", "role": "contributor"})
    assert granted.status_code == 201, granted.text
    goal = olga("POST", "/api/v1/projects/credit/goals", json={"title": "Fewer", "owner": "zoe"}).json()
    assert goal["owner"] == "zoe"
    left = admin("POST", "/api/v1/users/zoe/deactivate", json={"to": "ben"})
    assert left.status_code == 200, left.text
    assert admin("GET", f"/api/v1/requests/{asked['id']}").json()["state"] == "withdrawn"
    assert olga("GET", f"/api/v1/projects/credit/goals/{goal['id']}").json()["owner"] == "ben"
