"""`unshelf sweeps`: the same job with many parameters."""

import time
from enum import Enum
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from unshelf.cli.changes import changing_client
from unshelf.cli.develop.search_space import best_line, must_have_ended_well, space_from
from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json, show_facts, table, when
from unshelf.client.client import Client

app = typer.Typer(
    invoke_without_command=True,
    add_completion=False,
    help="Sweeps: run a job again with many parameters, compare what each reached, cancel the rest.",
)

_LOOK_SECONDS = 1.0


class Strategy(str, Enum):
    """How combinations are chosen."""

    grid = "grid"
    random = "random"
    search = "search"


Id = Annotated[str, typer.Argument(metavar="ID", help="The sweep's id.")]
Project = Annotated[str | None, typer.Option(metavar="NAME", help="Those of one project.")]


@app.callback()
def sweeps(context: typer.Context, json: Json = False) -> None:
    """List the sweeps that you may see."""
    if context.invoked_subcommand is None:
        _list(None, json=json)


@app.command("list")
def list_sweeps(project: Project = None, json: Json = False) -> None:
    """List sweeps, with the best that each reached."""
    _list(project, json=json)


@app.command()
def begin(
    job: Annotated[str, typer.Argument(metavar="JOB", help="The id of the job to run again with other parameters.")],
    *,
    param: Annotated[
        list[str],
        typer.Option(metavar="NAME=VALUES", help="depth=3,5,7  rate=0.001..1:log  size=10..50:10; repeatable."),
    ],
    objective: Annotated[str, typer.Option(metavar="FIELD", help="The field of the job's results that is compared.")],
    strategy: Annotated[
        Strategy, typer.Option(help="Every combination, draws, or each by what was reached so far.")
    ] = (Strategy.random),
    trials: Annotated[int | None, typer.Option(metavar="N", help="How many; else all of a grid, or 20.")] = None,
    parallel: Annotated[int, typer.Option(metavar="N", help="How many at a time.")] = 10,
    folds: Annotated[int | None, typer.Option(metavar="N", help="Cross-validate: as many jobs a combination.")] = None,
    minimize: Annotated[bool, typer.Option("--minimize", help="Less is better.")] = False,
    name: Annotated[str, typer.Option(help="A title.")] = "",
    seed: Annotated[int, typer.Option(help="What the draws begin with.")] = 0,
    detach: Annotated[bool, typer.Option("--detach", help="Return at once, with the sweep's id.")] = False,
    json: Json = False,
) -> None:
    """Run a job again with many parameters, and say which was best."""
    with changing_client() as client:
        sweep = client.begin_sweep(
            job, space_from(param), objective, strategy=strategy.value, trials=trials, parallel=parallel, folds=folds,
            maximize=not minimize, name=name, seed=seed,
        )  # fmt: skip
        if not detach:
            sweep = _watch(client, sweep)
    if json:
        print_json(sweep)
    elif detach:
        console().print(f"sweep {sweep['id']}: unshelf sweeps show {sweep['id']}", markup=False)
    else:
        console().print(f"{best_line(sweep)}\nAll trials: unshelf sweeps show {sweep['id']}", markup=False)
    must_have_ended_well(sweep)


@app.command()
def show(
    id: Id,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many trials, the best first.")] = 20,
    json: Json = False,
) -> None:
    """Show a sweep and its trials, the best first."""
    with Client() as client:
        sweep, trials = client.sweep(id), client.trials(id)
    trials.sort(key=lambda each: _rank(each, maximize=sweep["maximize"]))
    if json:
        print_json({**sweep, "all_trials": trials})
        return
    out = console()
    show_facts(out, [
        ("name", sweep["name"]), ("project", sweep["project"]), ("job", sweep["job"]), ("state", sweep["state"]),
        ("reason", sweep["reason"]), ("strategy", sweep["strategy"]), ("begun", when(sweep["created_at"])),
        ("trials", f"{sweep['done']} done, {sweep['failed']} failed, {sweep['running']} running, of {sweep['trials']}"),
        ("best", best_line(sweep)),
    ])  # fmt: skip
    columns = [*sweep["space"], sweep["objective"], "±", "state", "reason"]
    rows = [
        (*(each["parameters"].get(name) for name in sweep["space"]), each["value"], each["spread"], each["state"], each["reason"])
        for each in trials[:limit]
    ]  # fmt: skip
    out.print(table("", columns, rows, right=(sweep["objective"], "±")))


@app.command()
def cancel(id: Id, json: Json = False) -> None:
    """Cancel a sweep and those of its jobs that are not over."""
    with changing_client() as client:
        cancelled = client.cancel_sweep(id)
    if json:
        print_json(cancelled)
    else:
        console().print(f"The sweep is {cancelled['state']}. {best_line(cancelled)}", markup=False)


def _watch(client: Client, sweep: dict[str, Any]) -> dict[str, Any]:
    """Show how far a sweep is until it has ended. Ctrl-C leaves it running."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as progress:
        shown = progress.add_task("trials", total=sweep["trials"])
        while sweep["state"] == "running":
            time.sleep(_LOOK_SECONDS)
            sweep = client.sweep(sweep["id"])
            progress.update(shown, completed=sweep["done"] + sweep["failed"], description=best_line(sweep))
    return sweep


def _rank(trial: dict[str, Any], *, maximize: bool) -> tuple[bool, float, int]:
    value = trial["value"]
    return value is None, 0.0 if value is None else -value if maximize else value, trial["number"]


def _list(project: str | None, *, json: bool) -> None:
    with Client() as client:
        found = client.sweeps(project=project)
    if json:
        print_json({"sweeps": found})
        return
    rows = [
        (each["id"], each["name"], each["project"], each["state"], f"{each['done']}/{each['trials']}",
         None if each["best"] is None else f"{each['best']['value']:.6g}", when(each["created_at"]))
        for each in found
    ]  # fmt: skip
    console().print(table("", ("id", "name", "project", "state", "trials", "best", "begun"), rows))
