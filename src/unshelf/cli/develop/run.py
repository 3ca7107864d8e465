"""`unshelf run`: a script runs as a job, its output comes here, and the command ends as the script did."""

import json as json_format
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from unshelf.cli.durations import seconds_of
from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json, print_json_line
from unshelf.client.client import Client
from unshelf.client.errors import Conflict, UnshelfError
from unshelf.client.jobs.jobs_client import JobOptions
from unshelf.client.printable import printable
from unshelf.client.results import Event

_BY_SIGNAL = 128
_FAILED = 1


Script = Annotated[Path, typer.Argument(metavar="SCRIPT", help="The Python file to run.")]
Arguments = Annotated[list[str] | None, typer.Argument(metavar="[ARGUMENT]…", help="Its arguments, after `--`.")]
TierName = Annotated[
    str, typer.Option("--tier", metavar="TIER", help="The hardware; `unshelf tiers` shows what is free.")
]
EnvironmentRef = Annotated[
    str | None,
    typer.Option(
        metavar="REF", help="NAME, NAME:3 or a hash. Unless given: what the folder asks for, else the default."
    ),
]
Project = Annotated[str, typer.Option(metavar="PROJECT", help="The project that it belongs to.")]
Title = Annotated[str, typer.Option(metavar="NAME", help="A title.")]
Folder = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="The folder that is sent; unless given: the script's own.")
]
Alone = Annotated[bool, typer.Option("--alone", help="Send the script without what lies beside it.")]
Detach = Annotated[bool, typer.Option("--detach", help="Print the id and end; the job goes on.")]
TimeLimit = Annotated[str | None, typer.Option(metavar="TIME", help="How long an attempt may take, such as 30m.")]
Retries = Annotated[int, typer.Option(min=0, max=20, help="How often it is tried again when it fails.")]
Priority = Annotated[int, typer.Option(min=-10, max=10, help="Higher goes first among your own.")]
Params = Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="A parameter; repeatable.")]
Variables = Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="An environment variable; repeatable.")]
Secrets = Annotated[list[str] | None, typer.Option(metavar="NAME", help="A secret of the project; repeatable.")]
Data = Annotated[list[str] | None, typer.Option(metavar="[NAME=]data://…", help="A dataset that it reads; repeatable.")]
Network = Annotated[
    list[str] | None, typer.Option(metavar="HOST:PORT", help="A place that it may connect to; repeatable.")
]
After = Annotated[list[str] | None, typer.Option(metavar="ID", help="A job that must succeed first; repeatable.")]
Copies = Annotated[int | None, typer.Option(min=1, max=1000, help="Run it so often, numbered from 0.")]


def run(
    script: Script,
    arguments: Arguments = None,
    *,
    tier: TierName = "small",
    environment: EnvironmentRef = None,
    project: Project = "default",
    name: Title = "",
    folder: Folder = None,
    alone: Alone = False,
    detach: Detach = False,
    time_limit: TimeLimit = None,
    retries: Retries = 0,
    priority: Priority = 0,
    param: Params = None,
    env: Variables = None,
    secret: Secrets = None,
    data: Data = None,
    network: Network = None,
    after: After = None,
    copies: Copies = None,
    json: Json = False,
) -> None:
    """Run a script as a job: in a sandbox on the server, with its own packages; its output comes here as it is written.

    Exits with the script's status. Ctrl-C cancels the job; `--detach` leaves it running from the start."""
    options = JobOptions(
        project=project, name=name, tier=tier, environment=environment, variables=_pairs(env), secrets=secret or (),
        data=data or (), parameters={key: _value(value) for key, value in _pairs(param).items()}, network=network or (),
        time_limit=seconds_of(time_limit, "--time-limit"), retries=retries, priority=priority,
        after=after or (), copies=copies,
    )  # fmt: skip
    with Client() as client:
        ids = client.jobs.run(script, arguments or (), options=options, folder=folder, alone=alone, report=_report)
        if detach or copies is not None:
            if json:
                print_json({"ids": ids})
            else:
                sys.stdout.write("".join(f"{each}\n" for each in ids))
            return
        try:
            status = follow(client, ids[0], json=json)
        except KeyboardInterrupt:
            status = _cancel(client, ids[0])
    raise typer.Exit(status)


def follow(client: Client, job: str, *, json: bool) -> int:
    """Show a job as it goes to its end, and return the status to exit with."""
    shown = console(stderr=True)
    for event in client.jobs.events(job):
        if json:
            print_json_line(event)
        elif event["type"] == "output":
            sys.stdout.write(printable(event["text"]))
            sys.stdout.flush()
        elif event["type"] == "state":
            place = "" if event["position"] is None else f", {event['position']} before it"
            shown.print(f"{job}  {event['state'].replace('_', ' ')}{place}  {event['reason']}".rstrip(), style="dim")
    return _status(client.jobs.show(job))


def _status(job: dict[str, Any]) -> int:
    if job["state"] == "succeeded":
        return 0
    status = job["runs"][-1]["status"] if job["runs"] else None
    if status is None or status == 0:
        return _FAILED
    return int(status) if status > 0 else _BY_SIGNAL - int(status)


def _cancel(client: Client, job: str) -> int:
    console(stderr=True).print(f"\nCancelling {job}. Once more Ctrl-C leaves it to the server.", style="yellow")
    try:
        client.jobs.cancel(job)
        client.jobs.wait(job)
    except (Conflict, KeyboardInterrupt):  # it is over, or nobody waits for it
        return _FAILED
    return _FAILED


def _report(event: Event) -> None:
    if event.state == "info":
        console(stderr=True).print(event.detail, style="dim", markup=False)


def _pairs(texts: list[str] | None) -> dict[str, str]:
    found = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UnshelfError("Variables and parameters are written NAME=VALUE.", code="invalid_input")
        found[name] = value
    return found


def _value(text: str) -> Any:
    try:
        return json_format.loads(text)
    except ValueError:
        return text
