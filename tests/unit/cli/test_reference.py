"""Every command and option has its place in docs/reference/cli.md, and every option of deploy its line."""

import re
from pathlib import Path
from typing import Any

import typer
from typer.main import get_command

from unshelf.cli.main import COMMANDS, app

REFERENCE = (Path(__file__).parents[3] / "docs" / "reference" / "cli.md").read_text()


def commands() -> dict[str, Any]:
    """Every command by its full name, those of groups included."""
    root: Any = get_command(app)
    found: dict[str, Any] = {}
    for name in COMMANDS:
        command = root.commands[name]
        found[f"unshelf {name}"] = command
        for inner, each in getattr(command, "commands", {}).items():
            found[f"unshelf {name} {inner}"] = each
    return found


def section(command: str) -> str:
    found = re.search(rf"^##+ {re.escape(command)}$(.*?)(?=^##|\Z)", REFERENCE, re.MULTILINE | re.DOTALL)
    assert found, f"docs/reference/cli.md has no heading for `{command}`"
    return found[1]


def test_every_command_has_its_heading_and_every_option_its_place() -> None:
    for name, command in commands().items():
        text = section(name)
        for parameter in command.params:
            for option in parameter.opts:
                if option.startswith("--") and option not in ("--help", "--json"):
                    assert option in text, f"docs/reference/cli.md says nothing of `{name} {option}`"


def test_no_heading_is_of_a_command_that_is_gone() -> None:
    headings = set(re.findall(r"^##+ (unshelf .*)$", REFERENCE, re.MULTILINE))
    assert headings == set(commands())


def test_every_command_that_prints_facts_speaks_json() -> None:
    """Groups hold no facts, and `up` prints logs."""
    groups = {
        name
        for name, command in commands().items()
        if hasattr(command, "commands") and not getattr(command, "invoke_without_command", False)
    }
    silent = groups | {"unshelf up"}
    for name, command in commands().items():
        options = {option for parameter in command.params for option in parameter.opts}
        assert ("--json" in options) == (name not in silent), name


def test_every_command_says_what_it_does() -> None:
    assert isinstance(app, typer.Typer)
    for name, command in commands().items():
        assert command.help, name
