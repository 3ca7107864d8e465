"""Texts of others are shown as they are, and nothing in them is obeyed: not by us, not by the terminal."""

import io
import re
from typing import Any

import pytest
from rich.console import Console
from rich.live import Live
from rich.panel import Panel
from rich.text import Text

from tests.support.control import Control
from tests.unit.cli.conftest import Run
from unshelf.cli.deploy.progress import LiveSteps, progress
from unshelf.cli.output import console, short_name, show_facts, table
from unshelf.client.results import Event

EVIL = "\x1b[2J\x9b31m\x1b]0;t\x07\u202eevil[red]x[/red]:smile:\r"
_OURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")
"""Colours and moves of the cursor, as Rich writes them."""


def expect_harmless(said: str, *, colours: bool = False) -> None:
    assert "evil[" in said
    assert "\\x9b31m" in said
    text = _OURS.sub("", said) if colours else said
    assert not [character for character in text if character in "\x1b\x9b\x07\u202e\r"], ascii(said)
    assert "\x1b[2J" not in said


def test_names_from_others_are_text_and_never_markup(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/keys", {"keys": [
        {"id": "k", "name": "[red]x[/red]" + EVIL, "role": "predict", "models": None, "expires_at": None, "revoked_at": None,
         "created_at": "2026-01-31T12:00:00Z", "created_by": EVIL},
    ]})  # fmt: skip
    said = run("keys", "list")
    assert "[red]x[/red]" in said.out
    expect_harmless(said.out)
    expect_harmless(run("keys", "list", "--json").out.replace("\\u009b", "\\x9b"))


def test_events_and_errors_are_harmless(control: Control, run: Run) -> None:
    event = {"time": "2026-01-31T12:00:00Z", "actor": EVIL, "action": EVIL, "subject": EVIL, "detail": {EVIL: EVIL}}
    control.reply("GET", "/api/v1/audit", {"events": [event]})
    expect_harmless(run("audit").out)
    control.problem("GET", "/api/v1/models", 409, "conflict", EVIL, hint=EVIL)
    expect_harmless(run("models").err)
    expect_harmless(run("models", "--json").err.replace("\\u009b", "\\x9b"))


@pytest.mark.parametrize(
    "renderable",
    [EVIL, Text(EVIL), Panel(EVIL, title=EVIL), Panel(Text(EVIL)), table(EVIL, [EVIL], [[EVIL]]), table("", ["a"], [[Text(EVIL)]])],
    ids=["text", "styled", "panel", "panel of text", "table", "cell"],
)  # fmt: skip
def test_whatever_is_rendered_is_harmless(renderable: Any, capsys: pytest.CaptureFixture[str]) -> None:
    console().print(renderable)
    expect_harmless(capsys.readouterr().out)


def test_the_progress_of_a_deploy_is_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    events = [Event(step="build", state=state, detail=EVIL, seconds=1.0) for state in ("started", "info", "done")]
    with progress(console()) as report:
        for event in events:
            report(event)
    expect_harmless(capsys.readouterr().out)

    terminal: Console = console()
    terminal.file, terminal._force_terminal = io.StringIO(), True
    steps = LiveSteps()
    with Live(steps, console=terminal, auto_refresh=False) as live:
        for event in [*events, Event(step="bundle", state="info", detail=EVIL)]:
            steps(event)
            live.refresh()
    expect_harmless(terminal.file.getvalue(), colours=True)


def test_who_did_something_is_shown_by_name() -> None:
    assert short_name("ana (01k0)") == "ana"
    assert short_name("admin") == "admin"


def test_facts_stand_in_one_column_however_long_a_name_is() -> None:
    out = io.StringIO()
    show_facts(Console(file=out), [("labels", 3), ("found their prediction", 2), ("a very long name of nothing", "")])
    first, second = out.getvalue().splitlines()
    assert second == "  found their prediction 2"
    assert first.index("3") == second.index("2")
    out = io.StringIO()
    show_facts(Console(file=out), [("labels", 3)])
    assert out.getvalue() == "  labels      3\n", "short names keep their place"
