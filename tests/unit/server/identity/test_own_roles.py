"""Roles of an installation's own: from a file or as JSON, and what can't be stops the start."""

import json
from pathlib import Path

import pytest

from unshelf.server.identity.own_roles import read_own_roles
from unshelf.server.settings import Settings, read_settings

OWN = {"risk-reviewer": ["project.read", "model.approve"]}


def test_a_file_and_json_say_the_same(tmp_path: Path) -> None:
    file = tmp_path / "roles.toml"
    file.write_text('risk-reviewer = ["project.read", "model.approve"]\n')
    assert read_own_roles(str(file)) == read_own_roles(json.dumps(OWN)) == OWN
    assert read_own_roles(" ") == {}


def test_the_setting_takes_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "roles.toml"
    file.write_text('risk-reviewer = ["project.read", "model.approve"]\n')
    for text in (str(file), json.dumps(OWN)):
        monkeypatch.setenv("UNSHELF_ROLES", text)
        assert read_settings().roles == OWN
    monkeypatch.delenv("UNSHELF_ROLES")
    assert Settings().roles == {}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{nothing", "no JSON"),
        ("/no/such/file.toml", "can't be read"),
        ('{"owner": ["model.read"]}', "built in"),
        ('{"deploy": ["model.read"]}', "built in"),
        ('{"mine": ["model.fly"]}', "model.fly"),
        ('{"mine": "model.read"}', "roles"),
        ('{"No Name": ["model.read"]}', "no role's name"),
    ],
)
def test_what_can_be_no_role_stops_the_start_and_says_why(text: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNSHELF_ROLES", text)
    with pytest.raises(ValueError, match=why):
        read_settings()
