"""Logging in on the command line, and the servers that were logged in to."""

import json
from pathlib import Path

import pytest

from tests.support.control import Control
from tests.unit.cli.conftest import Run

SESSION = {"id": "s1", "actor": "ada", "csrf_token": "c" * 64, "expires_at": "2027-01-01T00:00:00Z"}
ROLES = [{"role": "owner", "scope_kind": "project", "scope": "risk", "group": "team"}]
WHO = {
    "id": "u1", "name": "ada", "kind": "user", "role": "", "project": None, "models": None, "permissions": [],
    "full_name": "Ada Lovelace", "groups": ["team"], "roles": ROLES,
}  # fmt: skip


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, control: Control) -> None:
    control.needs_token = False
    monkeypatch.setenv("UNSHELF_CONFIG", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)  # no keyring of this machine


def test_a_login_is_kept_used_and_forgotten(control: Control, run: Run) -> None:
    control.reply("POST", "/api/v1/session", SESSION, 201)
    control.reply(
        "POST", "/api/v1/tokens", {"id": "t1", "name": "x", "expires_at": None, "token": "unshelf_pat_x"}, 201
    )
    control.reply("DELETE", "/api/v1/session", None, 204)
    said = run("login", control.url, "--context", "work", stdin="ada\ncorrect horse battery\n")
    assert f"You are ada at {control.url}." in said.out
    assert control.asked[0].json == {"name": "ada", "password": "correct horse battery"}
    assert "unshelf_pat_x" not in said.out + said.err
    (listed,) = json.loads(run("contexts", "--json").out)["contexts"]
    assert listed == {"name": "work", "url": control.url, "user": "ada", "current": True}
    assert run("contexts", "list").out == run("contexts").out
    assert control.url in run("contexts", "use", "work").out
    assert "forgotten" in run("contexts", "remove", "work").out
    assert run("contexts", "use", "work").code == 1
    assert "unshelf login URL" in run("contexts", "list").out


def test_a_link_sets_the_password_first(control: Control, run: Run) -> None:
    control.reply("POST", "/api/v1/password/link", None, 204)
    control.reply("POST", "/api/v1/session", SESSION, 201)
    control.reply("POST", "/api/v1/tokens", {"id": "t1", "name": "x", "expires_at": None, "token": "t"}, 201)
    control.reply("DELETE", "/api/v1/session", None, 204)
    link = f"{control.url}/password#unshelf_link_x"
    assert run("login", "--link", link, "--name", "ada", stdin="correct horse battery\n").code == 0
    assert control.asked[0].json == {"link": "unshelf_link_x", "password": "correct horse battery"}


def test_whoami_says_groups_and_roles(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/whoami", WHO)
    said = run("whoami").out
    assert "Ada Lovelace" in said and "owner on risk (by team)" in said


def test_open_prints_the_link_where_no_browser_is(control: Control, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    control.reply(
        "POST", "/api/v1/session/links", {"url": "http://127.0.0.1/l", "expires_at": "2027-01-01T00:00:00Z"}, 201
    )
    assert "http://127.0.0.1/l" in run("open").out
