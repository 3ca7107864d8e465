"""What an app token opens: its app, at its pace; nothing else opens it."""

from collections.abc import Callable

import httpx
import pytest

from tests.support.asgi import caller_of
from tests.unit.deploy.apps.conftest import MAKER, person, wanted
from unshelf.contracts.protocols.door import DoorOutcome
from unshelf.deploy.apps.asking import AppAsking
from unshelf.deploy.apps.embedding_routes import router
from unshelf.deploy.apps.pace import TokenPace
from unshelf.deploy.apps.service import AppService
from unshelf.deploy.apps.tokens import AppTokenService
from unshelf.deploy.trying.turns import TryTurns
from unshelf.foundation.database.engine import Database

Call = Callable[..., httpx.Response]

ANA = person("ana", *MAKER)


@pytest.fixture
def call(apps: AppService, database: Database) -> Call:
    """Ana, who keeps the apps `worth` and `other`."""
    outcome = DoorOutcome(id="p", status=200, body=b'{"outputs":[2]}')
    asking = AppAsking(current=lambda _owner: ANA, predict=lambda _request: outcome, turns=TryTurns())
    for name in ("worth", "other"):
        apps.save(ANA, name, wanted(answer={"text": "{prediction}"}))
    return caller_of(ANA, router(AppTokenService(database, apps), asking, TokenPace(lambda: 0.0)))


def bearer(secret: str) -> dict[str, dict[str, str]]:
    return {"headers": {"authorization": f"Bearer {secret}"}}


def test_a_token_asks_its_app_at_its_pace(call: Call) -> None:
    made = call("POST", "/apps/worth/tokens", json={"name": "intranet", "a_minute": 2}).json()
    assert made["url"].endswith(f"/apps/worth/embed#{made['token']}")
    secret = bearer(made["token"])
    form = call("GET", "/embedded-apps/worth", **secret).json()
    assert (form["title"], [each["name"] for each in form["inputs"]]) == ("What is a house worth?", ["size"])
    asked = [call("POST", "/embedded-apps/worth/ask", json={"inputs": {"size": 1}}, **secret) for _ in range(3)]
    assert [each.status_code for each in asked] == [200, 200, 429]
    assert asked[0].json()["text"] == "2"
    assert "token" not in call("GET", "/apps/worth/tokens").json()["tokens"][0]


def test_nothing_else_opens_it(call: Call) -> None:
    made = call("POST", "/apps/worth/tokens", json={"name": "intranet"}).json()
    for path in ("/embedded-apps/other", "/embedded-apps/absent"):
        assert call("GET", path, **bearer(made["token"])).status_code == 401
    for headers in ({}, {"authorization": "Basic dTpw"}, {"authorization": "Bearer "}, {"cookie": "unshelf_session=x"}):
        assert call("GET", "/embedded-apps/worth", headers=headers).status_code == 401, headers
    assert call("DELETE", f"/apps/worth/tokens/{made['id']}").status_code == 204
    closed = call("GET", "/embedded-apps/worth", **bearer(made["token"]))
    assert (closed.status_code, "was revoked" in closed.json()["detail"]) == (401, True)


def test_a_token_without_an_end_or_with_a_wild_pace_is_refused(call: Call) -> None:
    for body in ({"name": " "}, {"name": "n", "expires_in_seconds": 1e9}, {"name": "n", "a_minute": 601}):
        assert call("POST", "/apps/worth/tokens", json=body).status_code == 422, body
