"""A deploy as it happens: live steps with their times on a terminal, plain lines in a pipe, JSON lines for programs."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
from rich.console import Console, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from unshelf.cli.calling import curl_line
from unshelf.cli.output import print_json_line
from unshelf.client.answers import Deployed, Event
from unshelf.client.progress import STEPS, PlainProgress


@contextmanager
def progress(console: Console, *, json: bool = False) -> Iterator[Callable[[Event], None]]:
    """What tells of a deploy's events, in the way that fits where they are read."""
    if json:
        yield lambda event: print_json_line({k: v for k, v in _fields(event).items() if v is not None})
    elif console.is_terminal:
        steps = LiveSteps()
        with Live(steps, console=console, refresh_per_second=12):
            yield steps
    else:
        yield PlainProgress(console.file)


def show_deployed(console: Console, deployed: Deployed, rows: list[object]) -> None:
    """Where the version is, a line that calls it, and what to do next."""
    said = Text()
    said.append(f"{deployed.url}\n\n", style="bold")
    said.append(f"{curl_line(deployed.url, rows)}\n\n")
    if deployed.live:
        said.append(f"{deployed.name} answers with version {deployed.version}.\n", style="green")
    else:
        said.append(f"{deployed.name} still answers with its released version. ", style="yellow")
        said.append(f"Make this one live: unshelf release {deployed.name} {deployed.version}\n")
    said.append(
        f"Next: unshelf logs {deployed.name} --follow · unshelf show {deployed.reference} · "
        f"unshelf keys create NAME --model {deployed.name}"
    )
    title = Text(f"{deployed.reference} in {deployed.seconds:.1f} s")
    # A rule and no frame around: the curl line is there to be copied.
    console.rule(title, align="left", style="green")
    console.print(said, soft_wrap=True)


class LiveSteps:
    """The steps of one deploy, redrawn while they run."""

    def __init__(self) -> None:
        self._states: dict[str, Event] = {}
        self._began: dict[str, float] = {}
        self._notes: list[str] = []
        self._spinner = Spinner("dots")

    def __call__(self, event: Event) -> None:
        """Take up an event."""
        if event.state == "started":
            self._began[event.step] = time.monotonic()
        if event.state == "info" and event.step == "bundle":
            self._notes.append(event.detail)
            return
        known = self._states.get(event.step)
        if event.state == "info" and known is not None:
            event = Event(step=event.step, state=known.state, detail=event.detail)
        self._states[event.step] = event

    def __rich__(self) -> RenderableType:
        grid = Table.grid(padding=(0, 2, 0, 0))
        for step, event in self._states.items():
            grid.add_row(self._mark(event), STEPS.get(step, step), self._time(event), Text(event.detail, style="dim"))
        for note in self._notes:
            grid.add_row(Text("·"), Text("note", style="dim"), "", Text(note, style="dim"))
        return grid

    def _mark(self, event: Event) -> RenderableType:
        if event.state == "done":
            return Text("✓", style="green")
        return Text("✗", style="red") if event.state == "failed" else self._spinner

    def _time(self, event: Event) -> str:
        seconds = event.seconds
        if seconds is None:
            seconds = time.monotonic() - self._began.get(event.step, time.monotonic())
        return f"{seconds:6.2f} s"


def _fields(event: Event) -> dict[str, object]:
    fields: dict[str, object] = msgspec.to_builtins(event)
    return fields
