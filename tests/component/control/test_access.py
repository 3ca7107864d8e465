"""Every route × verb, asked as nobody and as a stranger: nothing answers."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from tests.support.asgi import AppCaller
from unshelf.contracts.home import Home
from unshelf.server.wiring.control import Control

VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
FOR_EVERYONE = {
    "/api/v1/status", "/api/v1/whoami", "/api/v1/openapi.json", "/api/v1/models", "/api/v1/roles", "/api/v1/tags",
    "/api/v1/subjects", "/api/v1/activity", "/api/v1/watches", "/api/v1/search",
    "/api/v1/notifications", "/api/v1/notifications/choices", "/api/v1/quotas/mine", "/api/v1/tiers",
}  # fmt: skip
"""What any key may ask: facts about the installation's health and about itself, and the models that it may call."""
STREAMS = {"/api/v1/events"}
"""What any key may follow, as far as it concerns models that it may call; test_events.py reads it."""
VALUES = {
    "ref": "iris:1",
    "name": "iris",
    "model": "iris",
    "project": "default",
    "alias": "champion",
    "kind": "model",
    "tag": "gold",
    "property": "cost",
    "id": "x",
    "other": "a" * 64,
    "sha256": "b" * 64,
    "user": "ada",
    "group": "team",
    "link": "x",
    "account": "project",
    "tier": "small",
    "monitor": "inputs",
    "metric": "lost",
}
OPEN = {
    ("POST", "/api/v1/session"), ("GET", "/api/v1/session/links/x"), ("POST", "/api/v1/password/link"),
    ("POST", "/api/v1/password/forgotten"),
    ("POST", "/api/v1/device/codes"), ("POST", "/api/v1/device/token"), ("GET", "/api/v1/session/oidc"),
    ("GET", "/api/v1/session/oidc/callback"), ("POST", "/api/v1/session/oidc/backchannel"),
}  # fmt: skip
"""What is asked before there is a token. Each has its own tests; none says anything without a secret."""
FOR_LOGIN_PAGES = {("GET", "/api/v1/session/methods")}
"""What a login page shows: how people log in here."""
PRICES = {("GET", "/api/v1/prices")}
"""What things cost here, as the tiers tell it too; to change it takes a right."""
OWN = {"/api/v1/session", "/api/v1/sessions", "/api/v1/sessions/x", "/api/v1/session/links", "/api/v1/password", "/api/v1/tokens",
       "/api/v1/tokens/x", "/api/v1/session/oidc/logout",
       "/api/v1/device", "/api/v1/notifications/read", "/api/v1/notifications/choices/model"}  # fmt: skip
"""What concerns one's own sessions, password and tokens: a key has none."""


EMBEDDED = {("GET", "/api/v1/embedded-apps/iris"), ("POST", "/api/v1/embedded-apps/iris/ask")}
"""What an app token opens, and nothing else does: test_apps.py holds it."""


def addresses(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Each route's verb and an address of it."""
    for route in iter_route_contexts(app.routes):
        for verb in route.methods or ():
            yield verb, str(route.path).format(**VALUES)


def test_the_walk_sees_every_wing(control: Control) -> None:
    found = {address for _, address in addresses(control.app)}
    assert {
        "/api/v1/keys",
        "/api/v1/audit",
        "/api/v1/models/iris:1",
        "/api/v1/deploys",
        "/api/v1/environments",
    } <= found
    assert len(list(addresses(control.app))) > 20


def test_nobody_gets_in_anywhere(control: Control, nobody: AppCaller) -> None:
    paths = {address for _, address in addresses(control.app)} | {"/", "/docs", "/nothing", "/api/v1/../../etc/passwd"}
    for path in sorted(paths):
        for verb in VERBS:
            answer = nobody(verb, path)
            if (verb, path) in OPEN:
                assert answer.status_code in (400, 403, 404, 415), (verb, path, answer.text)
                continue
            if verb == "OPTIONS" and path.startswith("/api/v1/embedded-apps/"):
                assert (answer.status_code, answer.text) == (204, "")  # what a browser asks before it asks
                continue
            if (verb, path) in FOR_LOGIN_PAGES:
                assert answer.json() == {
                    "password": True,
                    "password_reset": False,
                    "provider": None,
                    "logged_in": False,
                }
                continue
            assert answer.status_code == 401, (verb, path, answer.text)
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.headers["content-type"] == "application/problem+json"


def test_a_stranger_is_refused_everything_but_facts_about_himself(control: Control, stranger: AppCaller) -> None:
    for verb, path in addresses(control.app):
        if path in STREAMS:
            continue
        answer = stranger(verb, path)
        if path in OWN or (verb, path) in OPEN:
            assert answer.status_code in (400, 403, 404, 415) or answer.json() == {"sessions": []}, (
                verb,
                path,
                answer.text,
            )
            continue
        if (verb, path) in EMBEDDED:
            assert answer.status_code in (401, 415, 422), (verb, path, answer.text)
            continue
        expected = 200 if (verb == "GET" and path in FOR_EVERYONE) or (verb, path) in FOR_LOGIN_PAGES | PRICES else 403
        assert answer.status_code == expected, (verb, path, answer.text)
    assert stranger("GET", "/api/v1/models").json() == {"models": [], "next_cursor": None}


def test_one_who_may_deploy_elsewhere_is_refused_this_model(control: Control, admin: AppCaller) -> None:
    made = admin("POST", "/api/v1/keys", json={"name": "other", "role": "deploy", "models": ["elsewhere"]})
    other = AppCaller(control.app, made.json()["token"])
    about_the_model = [(verb, path) for verb, path in addresses(control.app) if "/models/iris" in path]
    assert len(about_the_model) > 6
    for verb, path in about_the_model:
        assert other(verb, path).status_code == 403, (verb, path)
    for path in ("/api/v1/keys", "/api/v1/audit", "/api/v1/machine"):
        assert other("GET", path).status_code == 403, path


def test_what_is_no_good_token_is_refused(nobody: AppCaller) -> None:
    headers = [
        "",
        "Bearer",
        "Bearer ",
        "Basic dTpw",
        "Bearer unshelf_wrong",
        "bearer " + "x" * 10_000,
        "TOKEN",
        "Bearer é",
    ]
    for header in headers:
        answer = nobody("GET", "/api/v1/whoami", headers={"authorization": header.encode()})
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), header


@pytest.mark.long
def test_the_word_bearer_is_taken_in_any_case(control: Control, home: Home) -> None:
    token = home.admin_token.read_text().strip()
    answer = AppCaller(control.app)("GET", "/api/v1/whoami", headers={"authorization": f"bearer {token}"})
    assert answer.json()["id"] == "admin"


@pytest.mark.long
def test_a_revoked_key_is_refused_at_once(control: Control, admin: AppCaller) -> None:
    made = admin("POST", "/api/v1/keys", json={"name": "ci"}).json()
    caller = AppCaller(control.app, made["token"])
    assert caller("GET", "/api/v1/whoami").json() == {
        "id": made["id"], "name": "ci", "kind": "service_account", "role": "predict", "project": None,
        "models": None, "permissions": ["model.predict", "model.read"], "full_name": "", "groups": [], "roles": [],
    }  # fmt: skip
    for _ in range(2):
        assert admin("DELETE", f"/api/v1/keys/{made['id']}").status_code == 204
    assert caller("GET", "/api/v1/whoami").status_code == 401
    listed = {key["id"]: key for key in admin("GET", "/api/v1/keys").json()["keys"]}
    assert listed[made["id"]]["revoked_at"] is not None
    assert "token" not in listed[made["id"]]
