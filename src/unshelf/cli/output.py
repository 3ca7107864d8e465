"""How facts are shown: tables and panels for people, JSON for programs."""

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from typing import Any

import msgspec
from rich.console import Console, ConsoleOptions, RenderableType
from rich.panel import Panel
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from unshelf.client.printable import printable, printable_json

_PIPE_WIDTH = 200


def console(*, stderr: bool = False) -> Console:
    """Return a console on standard output or error; into a pipe it is wide, so that lines stay whole for grep."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _PIPE_WIDTH
    return _PlainConsole(stderr=stderr, width=width, highlight=False, markup=False, emoji=False)


class _PlainConsole(Console):
    """A console to which all text is text: what models, builds and callers wrote neither reaches the terminal as commands nor is markup."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render, with characters that a terminal would obey written out."""
        for segment in super().render(renderable, options):
            text = segment.text if segment.control else printable(segment.text)
            yield segment if text == segment.text else Segment(text, segment.style)


def print_json(value: Any) -> None:
    """One JSON value, indented."""
    sys.stdout.write(printable_json(msgspec.json.format(msgspec.json.encode(value), indent=2).decode()) + "\n")


def print_json_line(value: Any) -> None:
    """One JSON value on one line, at once."""
    sys.stdout.write(printable_json(msgspec.json.encode(value).decode()) + "\n")
    sys.stdout.flush()


def show_new_token(title: str, token: str, *, about: str = "", undo: str) -> None:
    """Show a token this once, with how it is used. `about` ends with a line break; `undo` is the command that revokes it."""
    said = Text(token, style="bold")
    said.append("\n\nThis is the only time it is shown. Use it as:\n", style="not bold")
    said.append("  Authorization: Bearer <token>, or UNSHELF_TOKEN=<token> unshelf predict …\n", style="not bold")
    said.append(f"\n{about}Take it back with: {undo}", style="not bold dim")
    console().print(Panel(said, title=Text(title), title_align="left", expand=False))


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, right: Sequence[str] = ()) -> Table:
    """Return a table; columns named in `right` are aligned there. Cells are text, never markup: names come from others."""
    found = Table(
        title=title or None, title_justify="left", header_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0)
    )
    for column in columns:
        found.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        found.add_row(*(cell if isinstance(cell, Text) else Text(printable(shown(cell))) for cell in row))
    return found


def shown(value: Any) -> str:
    """Return a cell's text; nothing is a dash."""
    if value is None or value in ("", []):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


def show_facts(out: Console, facts: list[tuple[str, Any]]) -> None:
    """Print facts by name, without those that say nothing."""
    shown_ones = [(name, value) for name, value in facts if value not in ("", False)]
    width = max([12, *(len(name) + 1 for name, _ in shown_ones)])
    for name, value in shown_ones:
        out.print(Text(f"  {name:<{width}}", style="dim").append(shown(value), style="not dim"))


def short_name(label: str) -> str:
    """Return the name of who did something, without the id that programs tell people of one name apart by."""
    return label.partition(" (")[0]


def when(value: Any) -> str:
    """Return a time of the API (ISO 8601, or Unix seconds) in local time, to the second."""
    if value in (None, ""):
        return "–"
    if isinstance(value, int | float):
        moment = datetime.fromtimestamp(value, timezone.utc)
    else:
        moment = datetime.fromisoformat(value.replace("Z", "+00:00"))  # Python 3.10 does not know the Z
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
    """Return a release as `3` or `3 90% · 4 10%`."""
    if len(release) == 1:
        return str(release[0]["version"])
    return " · ".join(f"{share['version']} {share['percent']:g}%" for share in release) or "–"


def say_deleted(noun: str, id: str, name: str, *, json: bool) -> None:
    """Say that something is deleted. `name`: as people know it."""
    if json:
        print_json({"id": id, "deleted": True})
    else:
        console().print(f"The {noun} {name} is deleted.", markup=False)
