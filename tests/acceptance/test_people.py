"""People: invited, logged in, grouped, given roles for a time, and let go; gateways hear of each change at once."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from tests.support.accounts import PASSWORD
from tests.support.models import write_model
from tests.support.persons import Person, person
from tests.support.platform import UNSHELF, Platform, running_platform
from tests.support.waiting import wait_until

ROWS = {"inputs": [{"a": 1.0, "b": 2.0}]}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with running_platform(tmp_path_factory.mktemp("home")) as running:
        for name in ("adder", "other"):
            running.cli("deploy", str(write_model(tmp_path_factory.mktemp(name), name=name)))
        yield running


def status(platform: Platform, token: str, model: str = "adder") -> int:
    return platform.client(token).post(f"/models/{model}/predict", json=ROWS).status_code


def in_a_second(what: Callable[[], bool], change: Callable[[], object]) -> float:
    """Seconds from when a change was answered until it is in force."""
    change()
    began = time.monotonic()
    wait_until(what, what="the change is in force")
    return time.monotonic() - began


def test_a_person_from_the_invitation_to_the_last_day(platform: Platform, tmp_path: Path) -> None:
    """An administrator invites Ada, who sets a password, logs in, and calls one model with a token for it alone; when she is
    deactivated, everything ends."""
    ada = person(platform, tmp_path / "ada", "ada", "--role", "contributor", "--project", "default")
    who = json.loads(ada.cli("whoami", "--json").stdout)
    assert (who["name"], who["roles"][0]["role"]) == ("ada", "contributor")

    token = ada.token("--role", "caller", "--model", "adder")
    assert (status(platform, token), status(platform, token, "other")) == (200, 404)
    narrowed = platform.client(token)
    assert narrowed.get("/api/v1/models").json()["models"][0]["name"] == "adder"
    assert narrowed.post("/api/v1/tokens", json={"name": "wider"}).status_code == 403
    callers = {record["caller"] for record in platform.records("adder")}
    assert "ada" in callers

    browser = platform.client(None)
    opened = browser.post("/api/v1/session", json={"name": "ada", "password": PASSWORD})
    assert opened.status_code == 201 and browser.get("/api/v1/whoami").status_code == 200
    assert browser.post("/api/v1/tokens", json={"name": "x"}).status_code == 403  # without its CSRF token

    left = platform.cli("users", "deactivate", "ada", "--reason", "left the company")
    assert "ada is deactivated." in left.stdout
    began = time.monotonic()
    assert browser.get("/api/v1/whoami").status_code == 401
    wait_until(lambda: status(platform, token) == 401, what="the token is refused")
    assert time.monotonic() - began < 1.0
    assert ada.cli("whoami").returncode == 1
    again = browser.post("/api/v1/session", json={"name": "ada", "password": PASSWORD})
    assert again.status_code == 401
    done = [event["action"] for event in platform.http.get("/api/v1/audit?limit=100").json()["events"]]
    assert {"user.invited", "user.joined", "login.succeeded", "token.created", "user.deactivated"} <= set(done)


@pytest.mark.long
def test_gateways_hear_of_every_change_within_a_second(platform: Platform, tmp_path: Path) -> None:
    """A token revoked, a group joined and left, a role granted, taken away and expired: in force at the gateways at once."""
    grace = person(platform, tmp_path / "grace", "grace")
    token, doomed = grace.token(), grace.token()
    assert status(platform, token) == 404  # a private model of a project that she does not see
    admin = platform.http
    assert admin.post("/api/v1/groups", json={"name": "team"}).status_code == 201
    platform.cli("roles", "grant", "team", "caller", "--group", "--model", "adder")

    def callable_now() -> bool:
        return status(platform, token) == 200

    joined = in_a_second(callable_now, lambda: admin.put("/api/v1/groups/team/members/grace"))
    left = in_a_second(lambda: not callable_now(), lambda: admin.delete("/api/v1/groups/team/members/grace"))
    assert max(joined, left) < 1.0

    tokens = json.loads(grace.cli("tokens", "list", "--json").stdout)["tokens"]
    assert status(platform, doomed) == 404
    revoked = in_a_second(
        lambda: status(platform, doomed) == 401, lambda: admin.delete(f"/api/v1/tokens/{tokens[-1]['id']}")
    )
    assert revoked < 1.0

    wanted = {"name": "grace", "role": "caller", "expires_in_seconds": 4}
    granted = admin.post("/api/v1/models/adder/members", json=wanted)
    assert granted.status_code == 201, granted.text
    ends = datetime.fromisoformat(granted.json()["expires_at"])
    wait_until(callable_now, what="the role is in force")
    wait_until(lambda: not callable_now(), what="the role has expired")
    assert 0 <= (datetime.now(UTC) - ends).total_seconds() < 1.0


def test_the_administrator_s_link_is_printed_and_good_once(platform: Platform) -> None:
    link = json.loads(platform.cli("open", "--json").stdout)["url"]
    browser = platform.client(None)
    assert browser.get(link).headers["location"] == "/"
    assert browser.get("/api/v1/whoami").json()["id"] == "admin"
    assert httpx.get(link, timeout=60).status_code == 404


@pytest.mark.long
def test_a_machine_without_a_browser_is_let_in_from_another(platform: Platform, tmp_path: Path) -> None:
    joan = person(platform, tmp_path / "joan", "joan")
    other = Person(platform, tmp_path / "other")
    waiting = subprocess.Popen(
        [*UNSHELF, "login", platform.url, "--device"], env=other.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )  # fmt: skip
    assert waiting.stderr is not None
    code = waiting.stderr.readline().rpartition("code ")[2].strip(". \n")
    assert joan.cli("tokens", "approve", code).returncode == 0
    out, _ = waiting.communicate(timeout=60)
    assert "You are joan" in out
    assert json.loads(other.cli("whoami", "--json").stdout)["name"] == "joan"
