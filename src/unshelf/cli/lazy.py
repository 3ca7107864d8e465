"""Commands by table: each is imported when it is asked for, so that no command pays for what another needs."""

import importlib
from collections.abc import Iterator, MutableMapping
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

Command = TyperCommand | TyperGroup


def load(target: str) -> Any:
    """Return the attribute that `module:attribute` names."""
    module, _, attribute = target.partition(":")
    return getattr(importlib.import_module(module), attribute)


class CommandTable(MutableMapping[str, Any]):
    """Command name → command, made from `module:function` or from `module:app` on first use."""

    def __init__(self, targets: dict[str, str]) -> None:
        self._targets = targets
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = _command(name, load(self._targets[name]))
        return self._made[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._made[name] = command

    def __delitem__(self, name: str) -> None:
        del self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._targets)

    def __len__(self) -> int:
        return len(self._targets)

    def __contains__(self, name: object) -> bool:
        return name in self._targets


class LazyGroup(TyperGroup):
    """The group of all commands; naming them imports none."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = CommandTable(load("unshelf.cli.main:COMMANDS"))

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the base class's words
        """Return the names, in the order of the table."""
        return list(self.commands)


def _command(name: str, found: Any) -> Any:
    app = found
    if not isinstance(app, typer.Typer):
        app = typer.Typer(add_completion=False)
        app.command(name)(found)
    command = get_command(app)
    command.name = name
    return command
