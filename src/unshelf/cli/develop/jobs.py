"""`unshelf jobs`: jobs that run and those that are over, what they printed and left; cancel, retry, copy."""

import json as json_format
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from unshelf.cli.develop.run import follow
from unshelf.cli.options import Json
from unshelf.cli.output import binary_size, console, print_json, print_json_line, short_name, show_facts, table, when
from unshelf.cli.params import read_parameters
from unshelf.client.client import Client
from unshelf.client.printable import printable

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Jobs: list, show, logs, cancel, retry, clone, files, download."
)

JobId = Annotated[str, typer.Argument(metavar="ID", help="The job's id, as `unshelf jobs list` shows it.")]


@app.command("list")
def list_jobs(
    *,
    project: Annotated[str | None, typer.Option(metavar="PROJECT", help="Those of one project.")] = None,
    state: Annotated[
        list[str] | None, typer.Option(metavar="STATE", help="Such as running or failed; repeatable.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many of the last ones.")] = 20,
    json: Json = False,
) -> None:
    """List the last jobs, the newest first."""
    with Client() as client:
        found = client.jobs.recent(limit=limit, project=project, state=state)
    if json:
        print_json({"jobs": found})
        return
    rows = [
        (each["id"], each["name"], each["project"], each["state"].replace("_", " "), each["tier"], short_name(each["created_by"]),
         when(each["created_at"]), each["reason"])
        for each in found
    ]  # fmt: skip
    console().print(table("", ("id", "name", "project", "state", "tier", "by", "submitted", "why"), rows))


@app.command()
def show(id: JobId, json: Json = False) -> None:
    """Show a job: what was asked for, how far it is, what its attempts took and left."""
    with Client() as client:
        job = client.jobs.show(id)
    if json:
        print_json(job)
        return
    out = console()
    out.print(f"{job['name']}  {job['state'].replace('_', ' ')}", markup=False)
    names = (
        "reason", "project", "tier", "created_by", "environment", "secrets", "parameters", "results", "parent", "after", "before",
    )  # fmt: skip
    if job["git"] is not None:
        git = job["git"]
        show_facts(
            out, [("repository", git["url"]), ("ref", git["ref"] or "its default branch"), ("commit", git["commit"])]
        )
    show_facts(out, [("command", " ".join(job["command"])), *((name, _fact(job[name])) for name in names)])
    show_facts(
        out,
        [
            ("data", [each["reference"] for each in job["inputs"]]),
            ("outputs", [_output(each) for each in job["outputs"]]),
            ("used by", [f"{each['kind']} {each['name']}" for each in job["used_by"]]),
            ("submitted", when(job["created_at"])),
        ],
    )
    rows = [
        (run["number"], run["outcome"], run["status"], _seconds(run["cpu_seconds"]), binary_size(run["peak_memory_bytes"]),
         when(run["started_at"]), when(run["ended_at"]), len(run["files"]))
        for run in job["runs"]
    ]  # fmt: skip
    refused = job["runs"][-1]["refused"] if job["runs"] else []
    if refused:
        places = [(each["place"], each["count"], each["reason"]) for each in refused]
        out.print(table("refused connections", ("place", "times", "because"), places))
        out.print(f"Grant a place to a copy: unshelf jobs clone {id} --network HOST:PORT")
    if rows:
        out.print(table("attempts", ("", "end", "status", "cpu", "memory", "began", "ended", "files"), rows))


@app.command()
def logs(
    id: JobId,
    *,
    follow_it: Annotated[bool, typer.Option("--follow", help="Go on until the job is over.")] = False,
    attempt: Annotated[
        int | None, typer.Option(min=1, help="The number of an attempt; unless given: the last.")
    ] = None,
    json: Json = False,
) -> None:
    """Print what a job printed."""
    with Client() as client:
        if follow_it:
            for event in client.jobs.events(id):
                if json:
                    print_json_line(event)
                elif event["type"] == "output":
                    sys.stdout.write(printable(event["text"]))
                    sys.stdout.flush()
            return
        text = client.jobs.output(id, attempt=attempt)
    if json:
        print_json({"id": id, "output": text})
    else:
        sys.stdout.write(printable(text))


@app.command()
def attach(id: JobId, json: Json = False) -> None:
    """Follow a job to its end as `unshelf run` does, and exit as its program did. Ctrl-C leaves it running."""
    with Client() as client:
        try:
            raise typer.Exit(follow(client, id, json=json))
        except KeyboardInterrupt:
            raise typer.Exit(1) from None


@app.command()
def cancel(id: JobId, json: Json = False) -> None:
    """End a job: its program has ten seconds to save what it needs."""
    with Client() as client:
        job = client.jobs.cancel(id)
    _said(job, "is being cancelled" if job["state"] in ("starting", "running") else "is cancelled", json=json)


@app.command()
def retry(id: JobId, json: Json = False) -> None:
    """Try a job once more that failed or was cancelled."""
    with Client() as client:
        job = client.jobs.retry(id)
    _said(job, "is tried again", json=json)


@app.command()
def clone(
    id: JobId,
    *,
    param: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A parameter that is different; repeatable.")
    ] = None,
    tier: Annotated[str | None, typer.Option(metavar="TIER", help="Another tier.")] = None,
    environment: Annotated[str | None, typer.Option(metavar="REF", help="Another environment.")] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Another title.")] = None,
    git_ref: Annotated[
        str | None, typer.Option(metavar="REF", help="Another branch, tag or commit of its repository.")
    ] = None,
    network: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST:PORT", help="A place that it may connect to, in place of those before; repeatable."),
    ] = None,
    json: Json = False,
) -> None:
    """Run a changed copy of a job, which links to it."""
    changes: dict[str, Any] = {"tier": tier, "environment": environment, "name": name, "git_ref": git_ref}
    if param:
        changes["parameters"] = read_parameters(param)
    if network:
        changes["network"] = {"allow": network}
    with Client() as client:
        made = client.jobs.clone(id, **{key: value for key, value in changes.items() if value is not None})
    if json:
        print_json({"id": made})
    else:
        console().print(f"{made} runs; follow it: unshelf jobs attach {made}")


@app.command()
def files(id: JobId, json: Json = False) -> None:
    """List the files that a job left."""
    with Client() as client:
        runs = client.jobs.show(id)["runs"]
    found = runs[-1]["files"] if runs else []
    if json:
        print_json({"files": found})
        return
    rows = [(file["path"], binary_size(file["size"])) for file in found]
    console().print(table("", ("file", "size"), rows, right=("size",)))


@app.command()
def download(
    id: JobId,
    paths: Annotated[list[str] | None, typer.Argument(metavar="[FILE]…", help="Unless given: all.")] = None,
    *,
    to: Annotated[Path, typer.Option(metavar="FOLDER", help="The folder that the files go to.")] = Path(),
    json: Json = False,
) -> None:
    """Fetch the files that a job left."""
    with Client() as client:
        found = [str(path) for path in client.jobs.download(id, to, paths or None)]
    if json:
        print_json({"files": found})
        return
    for path in found:
        console().print(path, markup=False)


def _output(output: dict[str, Any]) -> str:
    return f"data://{output['name']}" + ("" if output["version"] is None else f"@{output['version']}")


def _said(job: dict[str, Any], what: str, *, json: bool) -> None:
    if json:
        print_json(job)
    else:
        console().print(f"The job {job['id']} {what}.", markup=False)


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} s"


def _fact(value: Any) -> Any:
    return json_format.dumps(value) if isinstance(value, dict) and value else value or ""
