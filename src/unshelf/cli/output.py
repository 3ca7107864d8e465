"""How facts are shown: tables and panels for people, JSON for programs."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

_PIPE_WIDTH = 200


def console(*, stderr: bool = False) -> Console:
    """A console on standard output or error; into a pipe it is wide, so that lines stay whole for grep."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _PIPE_WIDTH
    return Console(stderr=stderr, width=width, highlight=False)


def print_json(value: Any) -> None:
    """One JSON value, indented."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def print_json_line(value: Any) -> None:
    """One JSON value on one line, at once."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, right: Sequence[str] = ()) -> Table:
    """A table; columns named in `right` are aligned there. Cells are text, never markup: names come from others."""
    found = Table(
        title=title or None, title_justify="left", header_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0)
    )
    for column in columns:
        found.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        found.add_row(*(cell if isinstance(cell, Text) else Text(shown(cell)) for cell in row))
    return found


def shown(value: Any) -> str:
    """A cell's text; nothing is a dash."""
    if value is None or value in ("", []):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


def when(value: Any) -> str:
    """A time of the API (ISO 8601, or Unix seconds) in local time, to the second."""
    if value in (None, ""):
        return "–"
    moment = datetime.fromtimestamp(value, UTC) if isinstance(value, int | float) else datetime.fromisoformat(value)
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def binary_size(count: float | None) -> str:
    """Bytes as memory is counted: `1.5 GiB`."""
    if count is None:
        return "–"
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit in ("B", "KiB") else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"


def shares(release: list[dict[str, Any]]) -> str:
    """A release as `3` or `3 90% · 4 10%`."""
    if len(release) == 1:
        return str(release[0]["version"])
    return " · ".join(f"{share['version']} {share['percent']:g}%" for share in release) or "–"
