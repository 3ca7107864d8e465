"""Requests over HTTP."""

from collections.abc import Callable

from tests.support.asgi import caller_of
from unshelf.foundation.access.actors import Actor
from unshelf.manage.requests.routes import router
from unshelf.manage.requests.service import RequestService
from unshelf.manage.requests.tokens import RequestTokens

Person = Callable[[str], Actor]


def test_access_is_asked_for_and_granted(
    requests: RequestService, request_tokens: RequestTokens, person: Person
) -> None:
    zoe, olga = (caller_of(person(name), router(requests, request_tokens)) for name in ("zoe", "olga"))
    made = zoe("POST", "/requests", json={"model": "score", "reason": "a report"})
    assert made.status_code == 201
    asked = made.json()
    assert (asked["kind"], asked["model"], asked["project"], asked["wanted"], asked["may_decide"]) == (
        "access", "score", "credit", {"role": "caller"}, False,
    )  # fmt: skip
    (listed,) = olga("GET", "/requests?whose=to_decide&state=open").json()["requests"]
    assert listed["may_decide"] is True
    granted = olga("POST", f"/requests/{asked['id']}/grant", json={"expires_in_seconds": 60}).json()
    assert (granted["state"], granted["decided_by"]) == ("granted", "olga")
    assert "You are caller of the model 'score' until" in zoe("GET", f"/requests/{asked['id']}").json()["next_step"]
    assert olga("POST", f"/requests/{asked['id']}/refuse", json={"reason": "x"}).status_code == 409


def test_a_request_is_taken_back_and_refused(
    requests: RequestService, request_tokens: RequestTokens, person: Person
) -> None:
    zoe, olga = (caller_of(person(name), router(requests, request_tokens)) for name in ("zoe", "olga"))
    body = {"model": "score", "reason": "a report"}
    first = zoe("POST", "/requests", json=body).json()
    assert zoe("POST", f"/requests/{first['id']}/withdraw").json()["state"] == "withdrawn"
    second = zoe("POST", "/requests", json=body).json()
    assert olga("POST", f"/requests/{second['id']}/refuse", json={}).status_code == 422
    assert olga("POST", f"/requests/{second['id']}/refuse", json={"reason": "no"}).json()["state"] == "refused"
    assert zoe("POST", "/requests", json={"model": "secret", "reason": "x"}).status_code == 404
