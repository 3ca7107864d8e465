"""Secrets on the command line: the value comes by standard input, and is never shown."""

import json
import sys

import pytest

from tests.support.control import Control
from tests.unit.cli.conftest import Run
from unshelf.cli.manage import secrets

PATH = "/api/v1/models/iris/secrets/SERVICE_KEY"
SET = {"model": "iris", "name": "SERVICE_KEY", "set_at": "2026-05-01T00:00:00Z", "set_by": "ana", "readable": True}


@pytest.mark.parametrize(
    ("given", "value"),
    [("hunter2", "hunter2"), ("hunter2\n", "hunter2"), ("a\r\nb\r\n", "a\r\nb"), ("a\n\n", "a\n"), (" x ", " x ")],
)
def test_the_value_is_what_standard_input_has_without_its_last_newline(
    control: Control, run: Run, given: str, value: str
) -> None:
    control.reply("PUT", PATH, SET | {"replicas": 2})
    said = run("secrets", "set", "SERVICE_KEY", "--model", "iris", stdin=given)
    assert control.calls("PUT", PATH)[0].json == {"value": value}
    assert said.code == 0
    assert "2 running workers have the old value; each is replaced now" in said.out.replace("\n", " ")
    assert "hunter2" not in said.out + said.err


def test_a_value_in_the_arguments_is_refused_and_not_sent(control: Control, run: Run) -> None:
    said = run("secrets", "set", "SERVICE_KEY=hunter2", "--model", "iris", stdin="x")
    assert (said.code, control.asked) == (1, [])
    assert "standard input" in said.err.replace("\n", " ")
    assert "hunter2" not in said.out + said.err
    assert run("secrets", "set", "SERVICE_KEY", "hunter2", "--model", "iris").code == 2


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [("SERVICE_KEY", "", "no value"), ("SERVICE_KEY", "\n", "no value"), ("PATH", "x", "PATH can't be set")],
)
def test_what_can_be_no_secret_is_not_sent(control: Control, run: Run, name: str, given: str, said: str) -> None:
    answer = run("secrets", "set", name, "--model", "iris", stdin=given)
    assert (answer.code, control.asked) == (1, [])
    assert said in answer.err.replace("\n", " ")


def test_at_a_terminal_the_value_is_asked_for_and_not_echoed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, object]] = []

    def prompt(_text: str, **options: object) -> str:
        asked.append(options)
        return "hunter2"

    monkeypatch.setattr("typer.prompt", prompt)
    monkeypatch.setattr(sys, "stdin", type("Terminal", (), {"isatty": lambda _self: True})())
    assert secrets._value_for("SERVICE_KEY", "--model iris") == "hunter2"
    assert (asked[0]["hide_input"], asked[0]["confirmation_prompt"]) == (True, True)


def test_they_are_listed_of_one_model_or_of_all(control: Control, run: Run) -> None:
    lost = SET | {"model": "credit", "readable": False}
    control.reply("GET", "/api/v1/secrets", {"secrets": [lost, SET], "next_cursor": None})
    control.reply("GET", "/api/v1/models/iris/secrets", {"secrets": [SET], "next_cursor": None})
    said = run("secrets", "list").out
    assert "SERVICE_KEY" in said and "ana" in said and "can't be read" in said
    assert json.loads(run("secrets", "list", "--model", "iris", "--json").out) == {"secrets": [SET]}


def test_one_is_deleted(control: Control, run: Run) -> None:
    control.reply("DELETE", PATH, None, 204)
    assert "SERVICE_KEY of iris is deleted." in run("secrets", "delete", "SERVICE_KEY", "--model", "iris").out
    assert len(control.calls("DELETE", PATH)) == 1


def test_a_secret_belongs_to_a_model_or_to_a_project(control: Control, run: Run) -> None:
    path = "/api/v1/projects/credit/secrets"
    control.reply("PUT", f"{path}/KEY", {"name": "KEY", "replicas": 2})
    control.reply("DELETE", f"{path}/KEY", "", 204)
    listed = {"model": None, "project": "credit", "name": "KEY", "set_at": None, "set_by": "ana", "readable": True}
    control.reply("GET", path, {"secrets": [listed], "next_cursor": None})
    assert "set for the project credit" in run("secrets", "set", "KEY", "--project", "credit", stdin="value").out
    assert "project credit" in run("secrets", "list", "--project", "credit").out
    assert "is deleted" in run("secrets", "delete", "KEY", "--project", "credit").out
    for place in ([], ["--project", "a", "--model", "b"]):
        assert run("secrets", "set", "KEY", *place, stdin="value").code == 2
        assert run("secrets", "delete", "KEY", *place).code == 2


def test_a_value_as_an_argument_is_refused_and_not_shown(run: Run) -> None:
    said = run("secrets", "set", "KEY", "hunter2", "--project", "credit")
    assert said.code == 2
    assert "standard input" in " ".join(said.err.replace("│", "").split())
    assert "hunter2" not in said.err
    assert "secrets set KEY --project credit" in " ".join(
        run("secrets", "set", "KEY", "--project", "credit", stdin="").err.split()
    )


def test_where_the_operator_s_come_from_is_listed(control: Control, run: Run) -> None:
    secret = {"model": None, "project": "credit", "set_at": "2026-05-01T00:00:00Z", "set_by": "operator"}
    secrets = [
        {**secret, "name": "A", "readable": True, "source": "file /run/secrets/A"},
        {**secret, "name": "B", "readable": False, "source": "file /run/secrets/B"},
        {**secret, "name": "C", "readable": False, "source": ""},
    ]
    control.reply("GET", "/api/v1/secrets", {"secrets": secrets, "next_cursor": None})
    said = run("secrets", "list").out
    assert "from the file /run/secrets/A" in said
    assert "/run/secrets/B, which is gone" in said
    assert "its key is lost" in said
