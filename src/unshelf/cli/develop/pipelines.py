"""`unshelf pipelines`: steps of jobs with dependencies, run, followed, resumed."""

import importlib
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from unshelf.cli.changes import changing_client
from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json, say_deleted, show_facts, table, when
from unshelf.cli.params import read_parameters
from unshelf.client.client import Client
from unshelf.client.errors import UnshelfError
from unshelf.client.jobs.call import find_function
from unshelf.client.jobs.function_code import is_function
from unshelf.client.printable import printable

app = typer.Typer(
    invoke_without_command=True,
    add_completion=False,
    help="Pipelines: steps of jobs with dependencies, cached by content, resumed where they failed.",
)
_FAILED = 1

Target = Annotated[
    str,
    typer.Argument(
        metavar="PIPELINE", help="FILE.py:FUNCTION with `@unshelf.pipeline`; a name or an id of one that is kept."
    ),
]
Run = Annotated[str, typer.Argument(metavar="RUN", help="The run's id.")]
Params = Annotated[list[str] | None, typer.Option("--param", metavar="NAME=VALUE", help="A parameter; repeatable.")]
Project = Annotated[str | None, typer.Option(metavar="NAME", help="The project.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Run every step, also where an earlier run has the same value.")]
Detach = Annotated[bool, typer.Option("--detach", help="Print the run's id and end; the run goes on.")]


@app.callback()
def pipelines(context: typer.Context, json: Json = False) -> None:
    """List the pipelines that you may see."""
    if context.invoked_subcommand is None:
        _list(None, json=json)


@app.command("list")
def list_pipelines(project: Project = None, json: Json = False) -> None:
    """List pipelines, with how their last runs came out."""
    _list(project, json=json)


@app.command()
def keep(target: Target, project: Project = None, json: Json = False) -> None:
    """Send a pipeline and keep it, as its name's next version unless the latest is the same; nothing runs."""
    with changing_client() as client:
        kept = _written(target).keep(project=project, client=client)
    if json:
        print_json(kept)
    else:
        console().print(
            f"{kept['name']}, version {kept['version']}, {len(kept['steps'])} steps: {kept['id']}", markup=False
        )


@app.command()
def run(
    target: Target,
    *,
    param: Params = None,
    project: Project = None,
    version: Annotated[int | None, typer.Option(min=1, metavar="N", help="A version of one that is kept.")] = None,
    fresh: Fresh = False,
    detach: Detach = False,
    json: Json = False,
) -> None:
    """Run a pipeline and follow it to its end; Ctrl-C leaves it running. Exits with 1 unless it succeeds."""
    parameters = read_parameters(param)
    with changing_client() as client:
        if is_function(target):
            begun = _written(target).submit(project=project, fresh=fresh, client=client, **parameters)
        else:
            found = client.pipelines.find(target, project=project)
            begun = client.pipelines.begin(found["id"], parameters, version=version, fresh=fresh)
        _follow(client, begun, detach=detach, json=json)


@app.command()
def again(id: Run, *, param: Params = None, fresh: Fresh = False, detach: Detach = False, json: Json = False) -> None:
    """Run a pipeline again as in an earlier run, with other parameters where you give some."""
    with changing_client() as client:
        before = client.pipelines.run(id)
        parameters = {**before["parameters"], **read_parameters(param)}
        begun = client.pipelines.begin(
            before["pipeline"], parameters, version=before["version"], fresh=fresh, parent=id
        )
        _follow(client, begun, detach=detach, json=json)


@app.command()
def runs(
    pipeline: Annotated[str | None, typer.Argument(metavar="[PIPELINE]", help="A name or an id.")] = None,
    *,
    project: Project = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="The most.")] = 50,
    json: Json = False,
) -> None:
    """List the last runs, of all pipelines or of one."""
    with Client() as client:
        wanted = {} if pipeline is None else {"pipeline": client.pipelines.find(pipeline, project=project)["id"]}
        if project is not None:
            wanted["project"] = project
        found = client.pipelines.runs(limit=limit, **wanted)
    if json:
        print_json({"runs": found})
        return
    rows = [
        (each["id"], f"{each['name']} v{each['version']}", each["project"], each["state"], _done(each), each["created_by"],
         when(each["created_at"]))
        for each in found
    ]  # fmt: skip
    console().print(table("", ("id", "pipeline", "project", "state", "steps", "by", "begun"), rows))


@app.command()
def show(
    id: Annotated[str, typer.Argument(metavar="ID", help="The id of a run; a name or an id of a pipeline.")],
    json: Json = False,
) -> None:
    """Show a run with its steps, or a pipeline with what it is made of."""
    with Client() as client:
        try:
            found = client.pipelines.run(id)
        except UnshelfError as error:
            if error.code != "not_found":
                raise
            found = client.pipelines.find(id)
    if json:
        print_json(found)
    elif "pipeline" in found:
        _show_run(found)
    else:
        _show_pipeline(found)


@app.command()
def resume(id: Run, *, detach: Detach = False, json: Json = False) -> None:
    """Have a run go on from the step that failed, was rejected or was cancelled; what is done stays."""
    with changing_client() as client:
        _follow(client, client.pipelines.resume(id), detach=detach, json=json)


@app.command()
def cancel(id: Run, json: Json = False) -> None:
    """Cancel a run as a whole, with the jobs that it has running."""
    with changing_client() as client:
        cancelled = client.pipelines.cancel(id)
    if json:
        print_json(cancelled)
    else:
        console().print(f"The run is cancelled; {_done(cancelled)} steps were done.", markup=False)


@app.command()
def delete(
    pipeline: Annotated[str, typer.Argument(metavar="PIPELINE", help="A name or an id.")],
    project: Project = None,
    json: Json = False,
) -> None:
    """Delete a pipeline that does not run, with its runs; their jobs stay."""
    with changing_client() as client:
        found = client.pipelines.find(pipeline, project=project)
        client.pipelines.delete(found["id"])
    say_deleted("pipeline", found["id"], found["name"], json=json)


def _written(target: str) -> Any:
    """Import the function that puts a pipeline together. Raises UnshelfError for another one."""
    file, _, name = target.rpartition(":")
    if not is_function(target) or not Path(file).is_file():
        raise UnshelfError(f"There is no file {file or target}.", code="invalid_input", hint="Write FILE.py:FUNCTION.")
    function = find_function(Path(file), name)
    module = importlib.import_module(function.__module__)
    found = getattr(module, name)
    if not hasattr(found, "graph"):
        raise UnshelfError(
            f"{name} in {file} is no pipeline.", code="invalid_input", hint="Write @unshelf.pipeline above it."
        )
    return found


def _follow(client: Client, begun: dict[str, Any], *, detach: bool, json: bool) -> None:
    if detach:
        print_json(begun) if json else sys.stdout.write(f"{begun['id']}\n")
        return
    shown: dict[str, tuple[str, str]] = {}
    out = console(stderr=True)
    out.print(f"run {begun['id']} of {begun['name']}, version {begun['version']}", style="dim", markup=False)

    def tell(state: dict[str, Any]) -> None:
        for step in state["steps"]:
            now = (step["state"], step["reason"])
            if step["state"] != "waiting" and shown.get(step["name"]) != now:
                shown[step["name"]] = now
                out.print(printable(f"  {step['state']:<10} {step['name']}  {step['reason']}").rstrip(), markup=False)

    try:
        ended = client.pipelines.wait(begun["id"], tell)
    except KeyboardInterrupt:
        out.print(f"\nIt goes on: unshelf pipelines show {begun['id']}", markup=False)
        raise typer.Exit(_FAILED) from None
    if json:
        print_json(ended)
    else:
        console().print(printable(f"{ended['state']}  {ended['reason']}").rstrip(), markup=False)
    if ended["state"] != "succeeded":
        raise typer.Exit(_FAILED)


def _show_run(run: dict[str, Any]) -> None:
    out = console()
    show_facts(out, [
        ("pipeline", f"{run['name']}, version {run['version']} ({run['pipeline']})"), ("project", run["project"]), ("state", run["state"]),
        ("reason", run["reason"]), ("parameters", run["parameters"] or None), ("data", ", ".join(run["data"].values())),
        ("begun", f"{when(run['created_at'])} by {run['created_by']}"), ("runs as", run["runs_as"]), ("repeats", run["parent"]),
        ("ended", when(run["ended_at"])),
    ])  # fmt: skip
    rows = [
        (
            step["name"],
            step["kind"],
            step["state"],
            step["job"],
            when(step["started_at"]),
            when(step["ended_at"]),
            _said(step),
        )
        for step in run["steps"]
    ]
    out.print(table("", ("step", "kind", "state", "job", "begun", "ended", "outcome"), rows))


def _show_pipeline(pipeline: dict[str, Any]) -> None:
    out = console()
    show_facts(out, [
        ("id", pipeline["id"]), ("name", pipeline["name"]), ("project", pipeline["project"]),
        ("version", f"{pipeline['version']} of {pipeline['latest']}"), ("description", pipeline["description"]),
        ("parameters", ", ".join(_parameter(each) for each in pipeline["parameters"])),
        ("last run", None if pipeline["last"] is None else f"{pipeline['last']['id']}, {pipeline['last']['state']}"),
    ])  # fmt: skip
    rows = [
        (step["name"], step["function"] or step["kind"], step["tier"], step["environment"],
         ", ".join(step["data"].values()), "yes" if step["cache"] else "no")
        for step in pipeline["steps"]
    ]  # fmt: skip
    out.print(table("", ("step", "does", "tier", "environment", "data", "cached"), rows))


def _said(step: dict[str, Any]) -> str:
    facts = step["facts"]
    for name in ("version", "request", "results"):
        if name in facts and not step["reason"]:
            return str(facts[name])
    return str(step["reason"])


def _parameter(each: dict[str, Any]) -> str:
    return f"{each['name']}: {each['type']}" + ("" if each["required"] else f" = {each['default']!r}")


def _done(run: dict[str, Any]) -> str:
    done = sum(step["state"] in ("succeeded", "cached") for step in run["steps"])
    return f"{done}/{len(run['steps'])}"


def _list(project: str | None, *, json: bool) -> None:
    with Client() as client:
        found = client.pipelines.list(project=project)
    if json:
        print_json({"pipelines": found})
        return
    rows = [
        (each["name"], each["project"], each["latest"], len(each["steps"]), None if each["last"] is None else each["last"]["state"],
         None if each["last"] is None else when(each["last"]["created_at"]), each["id"])
        for each in found
    ]  # fmt: skip
    console().print(table("", ("name", "project", "version", "steps", "last run", "begun", "id"), rows))
