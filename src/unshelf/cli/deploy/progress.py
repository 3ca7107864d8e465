"""A deploy as it happens: live steps with their times on a terminal, plain lines in a pipe, JSON lines for programs."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from rich.console import Console, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from unshelf.cli.curl import curl_line, sample_rows
from unshelf.cli.deploy.models import check_facts, environment_fact, show_signature
from unshelf.cli.errors import as_fields
from unshelf.cli.output import print_json_line, show_facts
from unshelf.client.client import Client
from unshelf.client.errors import DeployFailed
from unshelf.client.printable import printable
from unshelf.client.progress import STEPS, PlainProgress
from unshelf.client.results import Deployed, Event
from unshelf.contracts.protocols.host import NOTE


@contextmanager
def progress(console: Console, *, json: bool = False) -> Iterator[Callable[[Event], None]]:
    """Yield the function that shows a deploy's events, in the form that suits the output."""
    if json:
        yield lambda event: print_json_line({k: v for k, v in _fields(event).items() if v is not None})
    elif console.is_terminal:
        steps = LiveSteps()
        with Live(steps, console=console, refresh_per_second=12):
            yield steps
    else:
        yield PlainProgress(console.file)


@contextmanager
def failures_as_lines(*, json: bool) -> Iterator[None]:
    """With --json, have the failure of a deploy be its last line too."""
    try:
        yield
    except DeployFailed as error:
        if json:
            print_json_line({"step": "end", "state": "failed", "error": as_fields(error)})
        raise


def show_end(client: Client, console: Console, deployed: Deployed, *, json: bool) -> None:
    """Show how a deploy ended that went well."""
    if json:
        print_json_line({"step": "end", "state": "done", **msgspec.to_builtins(deployed)})
    elif deployed.found is not None:
        _show_found(console, deployed, deployed.found)
    else:
        rows = deployed.example[:1] or sample_rows(client.show(deployed.reference)["version"]["signature"])
        _show_deployed(console, deployed, rows)


def _show_found(console: Console, deployed: Deployed, found: dict[str, Any]) -> None:
    console.rule(Text(f"{deployed.name} (dry run) in {deployed.seconds:.1f} s"), align="left", style="green")
    console.print(Text(f"{deployed.name} can be deployed. Nothing was registered.", style="green"))
    environment = environment_fact(found["environment"], found["python"], found["packages"])
    show_facts(console, [("environment", environment), *check_facts(found["checks"], found["batching"])])
    show_signature(console, found["checks"].get("signature", {}))


def _show_deployed(console: Console, deployed: Deployed, rows: list[object]) -> None:
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
        if event.state == "info" and (event.step == "bundle" or event.detail.startswith(NOTE)):
            self._notes.append(event.detail.removeprefix(NOTE))
            return
        known = self._states.get(event.step)
        if event.state == "info" and known is not None:
            event = Event(step=event.step, state=known.state, detail=event.detail)
        self._states[event.step] = event

    def __rich__(self) -> RenderableType:
        grid = Table.grid(padding=(0, 2, 0, 0))
        for step, event in self._states.items():
            grid.add_row(
                self._mark(event), STEPS.get(step, step), self._time(event), Text(printable(event.detail), style="dim")
            )
        for note in self._notes:
            grid.add_row(Text("·"), Text("note", style="dim"), "", Text(printable(note), style="dim"))
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
