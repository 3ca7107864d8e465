"""Logging in, against a server that answers as control does."""

import json
from pathlib import Path

import pytest

from tests.support.control import Control
from unshelf.client.errors import NotFound, Unauthenticated, Unreachable
from unshelf.client.login.contexts import read_contexts
from unshelf.client.login.login import login, set_password

SESSION = {"id": "s1", "actor": "ada", "csrf_token": "c" * 64, "expires_at": "2027-01-01T00:00:00Z"}
TOKEN = {"id": "t1", "name": "x", "expires_at": None, "token": "unshelf_pat_x"}


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, control: Control) -> Path:
    control.needs_token = False
    monkeypatch.setenv("UNSHELF_CONFIG", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)  # no keyring of this machine
    return tmp_path


def test_a_password_becomes_a_token_and_is_kept_nowhere(control: Control, config: Path) -> None:
    control.reply("POST", "/api/v1/session", SESSION, 201)
    control.reply("POST", "/api/v1/tokens", TOKEN, 201)
    control.reply("DELETE", "/api/v1/session", None, 204)
    done = login(control.url, name="ada", password="correct horse battery", context="work")
    assert (done.user, done.context, done.kept_in) == ("ada", "work", str(config / "contexts.json"))
    assert [each.path for each in control.asked] == ["/api/v1/session", "/api/v1/tokens", "/api/v1/session"]
    assert "correct horse" not in (config / "contexts.json").read_text()
    assert read_contexts().contexts["work"].token == TOKEN["token"]


def test_a_device_waits_until_it_is_let_in(control: Control) -> None:
    begun = {
        "device_code": "d",
        "user_code": "BCDF-GHJK",
        "url": "http://x/device",
        "expires_at": "",
        "interval_seconds": 0,
    }
    control.reply("POST", "/api/v1/device/codes", begun, 201)
    control.reply("POST", "/api/v1/device/token", {"token": TOKEN})
    control.reply("GET", "/api/v1/whoami", {"name": "ada"})
    shown: list[tuple[str, str]] = []
    done = login(control.url, show_code=lambda url, code: shown.append((url, code)))
    assert (done.user, done.context, shown) == ("ada", "127.0.0.1", [("http://x/device", "BCDF-GHJK")])


def test_a_refusal_keeps_nothing(control: Control, config: Path) -> None:
    control.reply("POST", "/api/v1/session", {"code": "unauthenticated", "detail": "Wrong."}, 401)
    with pytest.raises(Unauthenticated, match="Wrong"):
        login(control.url, name="ada", password="wrong")
    with pytest.raises(Unreachable):
        login("http://127.0.0.1:9", name="ada", password="wrong")
    assert list(config.iterdir()) == []


def test_a_link_is_taken_apart(control: Control) -> None:
    control.reply("POST", "/api/v1/password/link", None, 204)
    control.reply("POST", "/api/v1/password/link", {"code": "not_found", "detail": "Used."}, 404)
    set_password(f"{control.url}/password#unshelf_link_x", "correct horse battery")
    assert json.loads(control.asked[-1].body)["link"] == "unshelf_link_x"
    with pytest.raises(NotFound):
        set_password(f"{control.url}/password#unshelf_link_x", "correct horse battery")
