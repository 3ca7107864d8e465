"""A deploy whose command is interrupted: cancelled, left running, or watched on."""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import pytest
import typer

from tests.support.control import Control
from unshelf.cli.deploy.interrupts import Terminated, cancel_or_leave, interruptible
from unshelf.client.client import Client
from unshelf.client.errors import DeployFailed

DEPLOY = {"id": "d1", "name": "iris", "created_at": "2026-01-02T03:04:05Z", "ended_at": "2026-01-02T03:04:09Z"}
CANCELLED = {"code": "cancelled", "step": "check", "detail": "The deploy was cancelled by ana."}


Terminal = Callable[..., None]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Have a person at a terminal, with what they answer next, an exception being a key that interrupts."""

    def sit_down(*answers: Any) -> None:
        left = list(answers)

        def prompt(*_words: Any, **_settings: Any) -> Any:
            answer = left.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        for stream in (sys.stdin, sys.stderr):  # in the test itself, whose streams are not those of its fixtures
            monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
        monkeypatch.setattr(typer, "prompt", prompt)

    return sit_down


@pytest.fixture
def running(control: Control) -> Control:
    control.reply("POST", "/api/v1/deploys/d1/cancel", DEPLOY)
    control.reply("GET", "/api/v1/deploys/d1", DEPLOY)
    control.reply("GET", "/api/v1/deploys/d1/events", [{"step": "end", "state": "failed", "error": CANCELLED}])
    return control


def cancels(control: Control) -> int:
    return len(control.calls("POST", "/api/v1/deploys/d1/cancel"))


@pytest.mark.parametrize(("answer", "interrupt", "json"), [
    ("cancel", KeyboardInterrupt(), False),
    (typer.Abort(), KeyboardInterrupt(), False),
    (None, Terminated(), False),
    (None, KeyboardInterrupt(), True),
])  # fmt: skip
def test_a_deploy_is_cancelled_when_that_is_chosen_and_where_nobody_is_to_be_asked(
    running: Control, terminal: Terminal, answer: Any, interrupt: KeyboardInterrupt, json: bool
) -> None:
    terminal(answer)
    with Client() as client, pytest.raises(DeployFailed) as failed:
        cancel_or_leave(client, "d1", interrupt, json=json)
    assert failed.value.code == "cancelled"
    assert cancels(running) == 1


def test_without_a_terminal_a_deploy_is_cancelled(running: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    with Client() as client, pytest.raises(DeployFailed):
        cancel_or_leave(client, "d1", KeyboardInterrupt(), json=False)
    assert cancels(running) == 1


def test_a_deploy_that_is_left_is_not_touched_and_can_be_found_again(
    running: Control, terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal("what?", "L")
    with Client() as client, pytest.raises(typer.Exit) as ended:
        cancel_or_leave(client, "d1", KeyboardInterrupt(), json=False)
    assert (ended.value.exit_code, cancels(running)) == (1, 0)
    assert "unshelf deploys attach d1" in capsys.readouterr().err


def test_a_deploy_that_is_watched_on_comes_to_its_end(control: Control, terminal: Terminal) -> None:
    control.deploys(name="iris", version=3)
    control.reply("GET", "/api/v1/deploys/d1", DEPLOY)
    terminal("watch")
    with Client() as client:
        assert cancel_or_leave(client, "d1", KeyboardInterrupt(), json=False).reference == "iris:3"


def test_a_deploy_that_was_done_in_the_meantime_is_told_as_done(
    control: Control, terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    control.deploys(name="iris", version=3)
    control.reply("GET", "/api/v1/deploys/d1", DEPLOY)
    control.reply("POST", "/api/v1/deploys/d1/cancel", {"code": "conflict", "detail": "It is over."}, 409)
    terminal("cancel")
    with Client() as client:
        assert cancel_or_leave(client, "d1", KeyboardInterrupt(), json=False).reference == "iris:3"
    assert "too late" in capsys.readouterr().err


def test_the_signal_that_ends_programs_interrupts_a_deploy_and_nothing_after_it() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Terminated), interruptible():
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()
    assert signal.getsignal(signal.SIGTERM) is before
