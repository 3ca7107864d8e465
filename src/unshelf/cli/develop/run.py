"""`unshelf run`: a script runs as a job, its output comes here, and the command ends as the script did."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from unshelf.cli.durations import seconds_of
from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json, print_json_line
from unshelf.cli.params import read_pairs, read_parameters
from unshelf.client.client import Client
from unshelf.client.errors import Conflict, UnshelfError
from unshelf.client.jobs.function_code import is_function
from unshelf.client.jobs.jobs_client import JobOptions, read_git
from unshelf.client.printable import printable
from unshelf.client.results import Event

_BY_SIGNAL = 128
_FAILED = 1


Script = Annotated[
    str,
    typer.Argument(
        metavar="SCRIPT",
        help="The Python file or notebook to run, or FILE.py:FUNCTION, called with the parameters; with --git its path there.",
    ),
]
Git = Annotated[
    str | None,
    typer.Option(metavar="URL[@REF]", help="Take the code from this repository, at a branch, tag or commit."),
]
GitFolder = Annotated[str, typer.Option(metavar="FOLDER", help="The folder of the repository to start in.")]
GitSecret = Annotated[str, typer.Option(metavar="NAME", help="The project's secret with a token for the repository.")]
Arguments = Annotated[list[str] | None, typer.Argument(metavar="[ARGUMENT]…", help="Its arguments, after `--`.")]
TierName = Annotated[
    str | None, typer.Option("--tier", metavar="TIER", help="The hardware; `unshelf tiers` shows what is free.")
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
Data = Annotated[
    list[str] | None,
    typer.Option(
        "--data",
        "--input",
        metavar="[NAME=]REF",
        help="data://NAME, or NAME=job://ID/PATH of a job's files; repeatable.",
    ),
]
Outputs = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=PATH", help="A dataset that what it leaves there becomes; repeatable."),
]
Network = Annotated[
    list[str] | None, typer.Option(metavar="HOST:PORT", help="A place that it may connect to; repeatable.")
]
After = Annotated[list[str] | None, typer.Option(metavar="ID", help="A job that must succeed first; repeatable.")]
Copies = Annotated[int | None, typer.Option(min=1, max=1000, help="Run it so often, numbered from 0.")]


def run(
    script: Script,
    arguments: Arguments = None,
    *,
    git: Git = None,
    git_folder: GitFolder = "",
    git_secret: GitSecret = "",
    tier: TierName = None,
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
    output: Outputs = None,
    network: Network = None,
    after: After = None,
    copies: Copies = None,
    json: Json = False,
) -> None:
    """Run a script, or a function of one, as a job: in a sandbox on the server, with its own packages; its output comes here.

    Exits with the script's status. Ctrl-C cancels the job; `--detach` leaves it running from the start."""
    options = JobOptions(
        project=project, name=name, tier=tier, environment=environment, variables=read_pairs(env, "Variables"), secrets=secret or (),
        data=data or (), outputs=output or (), parameters=read_parameters(param), network=network or (),
        time_limit=seconds_of(time_limit, "--time-limit"), retries=retries, priority=priority,
        after=after or (), copies=copies,
    )  # fmt: skip
    with Client() as client:
        if git is not None:
            if folder is not None or alone:
                raise UnshelfError("--folder and --alone are for files of this machine.", code="invalid_input")
            source = read_git(git, folder=git_folder, secret=git_secret)
            ids = client.jobs.run_git(source, script, arguments or (), options=options)
        else:
            ids = _submit(client, script, arguments or [], options, folder, alone=alone)
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


def _submit(
    client: Client, script: str, arguments: list[str], options: JobOptions, folder: Path | None, *, alone: bool
) -> list[str]:
    if not is_function(script):
        return client.jobs.run(script, arguments, options=options, folder=folder, alone=alone, report=_report)
    if arguments or alone:
        raise UnshelfError(
            "A function takes parameters and its folder.",
            code="invalid_input",
            hint="Give them with --param NAME=VALUE.",
        )
    return [client.jobs.call(script, options=options, folder=folder, report=_report)]


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
