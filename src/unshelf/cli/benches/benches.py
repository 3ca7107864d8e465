"""`unshelf benches`: those that run and those that have ended, with what was measured."""

from typing import Annotated, Any

import typer

from unshelf.cli.benches.measured import best_of, milliseconds, money, rate, show_bench
from unshelf.cli.changes import changing_client
from unshelf.cli.options import Json, LastOnes, OfModel, OfProject
from unshelf.cli.output import console, print_json, say_deleted, table, when
from unshelf.client.client import Client

app = typer.Typer(
    invoke_without_command=True,
    add_completion=False,
    help="Benches: versions measured on tiers. `unshelf bench` begins one.",
)

Id = Annotated[str, typer.Argument(metavar="ID", help="The bench's id.")]
_SHOWN = 20


@app.callback()
def benches(context: typer.Context, json: Json = False) -> None:
    """List the last benches that you may see."""
    if context.invoked_subcommand is None:
        _list(None, None, _SHOWN, json=json)


@app.command("list")
def list_benches(
    *,
    project: OfProject = None,
    model: OfModel = None,
    limit: LastOnes = _SHOWN,
    json: Json = False,
) -> None:
    """List the last benches, the newest first."""
    _list(project, model, limit, json=json)


@app.command()
def show(id: Id, json: Json = False) -> None:
    """Show a bench: what was measured on each tier, on what machine and when."""
    with Client() as client:
        found = client.bench_of(id)
    if json:
        print_json(found)
    else:
        show_bench(found)


@app.command()
def cancel(id: Id, json: Json = False) -> None:
    """End a bench and the job that it runs."""
    with changing_client() as client:
        found = client.cancel_bench(id)
    if json:
        print_json(found)
    else:
        show_bench(found)


@app.command()
def delete(id: Id, json: Json = False) -> None:
    """Delete a bench that has ended."""
    with changing_client() as client:
        client.delete_bench(id)
    say_deleted("bench", id, id, json=json)


def _list(project: str | None, model: str | None, limit: int, *, json: bool) -> None:
    with Client() as client:
        found = client.benches(project=project, model=model, limit=limit)
    if json:
        print_json({"benches": found})
        return
    rows: list[tuple[Any, ...]] = []
    for each in found:
        best = best_of(each)
        facts = ("", "", "") if best is None else (
            milliseconds(best["p99_ms"]), rate(best["requests_a_second"]), money(best["cost"], each["currency"])
        )  # fmt: skip
        tiers = ", ".join(line["tier"] for line in each["tiers"])
        rows.append(
            (each["id"], f"{each['model']}:{each['version']}", tiers, each["state"], *facts, when(each["created_at"]))
        )
    columns = ("id", "version", "tiers", "state", "p99 ms", "requests/s", "cost of 1,000", "begun")
    console().print(table("", columns, rows, right=columns[4:7]))
