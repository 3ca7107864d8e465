"""Projects on the whole platform: who may call a model changes for a user's token as soon as control has answered."""

import time
from collections.abc import Callable
from pathlib import Path

import httpx

from tests.support.accounts import PASSWORD, invited
from tests.support.models import write_model
from tests.support.platform import Platform

ROW = {"inputs": [{"a": 1.0, "b": 2.0}]}


def token_of_new_user(platform: Platform, name: str) -> str:
    """Invite somebody, who accepts and makes a personal token."""
    link = invited(platform.http.request, name)
    nobody = platform.client(None)
    accepted = nobody.post("/api/v1/password/link", json={"link": link, "password": PASSWORD})
    assert accepted.status_code == 204, accepted.text
    session = nobody.post("/api/v1/session", json={"name": name, "password": PASSWORD})
    assert session.status_code == 201, session.text
    headers = {"x-unshelf-csrf": session.json()["csrf_token"]}
    made = nobody.post("/api/v1/tokens", json={"name": "test"}, headers=headers)
    assert made.status_code == 201, made.text
    token: str = made.json()["token"]
    return token


def seconds_until(condition: Callable[[], bool]) -> float:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < 10
    return time.monotonic() - began


def test_moves_visibility_and_roles_are_in_force_within_a_second(platform: Platform, tmp_path: Path) -> None:
    """Given a user without any role, when the model is opened, closed, moved into a project of theirs and out again, then each
    change decides over their calls within a second, and what they may not see is as what there is not."""
    platform.cli("deploy", str(write_model(tmp_path / "placed", name="placed")))
    for project in ("here", "there"):
        platform.http.post("/api/v1/projects", json={"name": project}).raise_for_status()
    user = platform.client(token_of_new_user(platform, "wanda"))

    def status() -> int:
        return user.post("/models/placed/predict", json=ROW).status_code

    def change(path: str, body: dict[str, object], method: str = "PUT") -> httpx.Response:
        answer = platform.http.request(method, f"/api/v1{path}", json=body)
        assert answer.is_success, answer.text
        return answer

    assert status() == 404
    slowest = 0.0
    role = {"name": "wanda", "role": "caller"}
    for path, body, method, expected in (
        ("/models/placed/visibility", {"visibility": "internal"}, "PUT", 403),
        ("/models/placed/visibility", {"visibility": "public"}, "PUT", 200),
        ("/models/placed/visibility", {"visibility": "private"}, "PUT", 404),
        ("/projects/there/members", role, "POST", 404),
        ("/models/placed/project", {"project": "there"}, "PUT", 200),
        ("/models/placed/project", {"project": "here"}, "PUT", 404),
        ("/projects/here/members", role, "POST", 200),
    ):
        change(path, body, method)
        slowest = max(slowest, seconds_until(lambda expected=expected: status() == expected))  # type: ignore[misc]
    assert user.post("/models/nothing/predict", json=ROW).status_code == 404
    assert slowest < 1.0
