"""`unshelf usage`: what was used of the machine within a month, by whom, and what it cost."""

from typing import Annotated, Any

import typer

from unshelf.cli.changes import changing_client
from unshelf.cli.options import Json
from unshelf.cli.output import binary_size, console, print_json, shown, table, when
from unshelf.cli.params import finite
from unshelf.client.client import Client

app = typer.Typer(
    invoke_without_command=True,
    add_completion=False,
    help="What was used of the machine, by whom, and what it cost; prices.",
)

GROUPINGS = ("project", "person", "model", "version", "key", "job", "tier", "what")
By = Annotated[str, typer.Option("--by", metavar="WHAT", help=f"A line for each: {', '.join(GROUPINGS)}.")]
OfMonth = Annotated[str | None, typer.Option("--month", metavar="YYYY-MM", help="In UTC. Unless given: this month.")]
OfProject = Annotated[str | None, typer.Option("--project", metavar="NAME", help="Only of this project.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV, for spreadsheets and charge-back.")]
Price = Annotated[float | None, typer.Option(metavar="AMOUNT", min=0, callback=finite)]
_HOUR = 3600
_COLUMNS = ("cost", "held h", "CPU h", "GiB h", "GPU h", "disk GiB h", "predictions")


@app.callback()
def usage(
    context: typer.Context,
    *,
    by: By = "project",
    month: OfMonth = None,
    project: OfProject = None,
    csv: AsCsv = False,
    json: Json = False,
) -> None:
    """Show what was used within a month and what it cost: all that you may see, or one project."""
    if context.invoked_subcommand is not None:
        return
    if by not in GROUPINGS:
        raise typer.BadParameter(f"{by!r} is none of {', '.join(GROUPINGS)}", param_hint="--by")
    if csv and json:
        raise typer.BadParameter("give one of --csv and --json")
    with Client() as client:
        if csv:
            typer.echo(client.usage_csv(by=by, month=month, project=project), nl=False)
            return
        found = client.usage(by=by, month=month, project=project)
    if json:
        print_json(found)
        return
    _show(found)


@app.command()
def prices(
    *,
    cpu_hour: Price = None,
    memory_gib_hour: Price = None,
    gpu_hour: Price = None,
    disk_gib_month: Price = None,
    json: Json = False,
) -> None:
    """Show all prices, or change those of resources. Prices of tiers: `unshelf tiers price`."""
    wanted = {
        "cpu_hour": cpu_hour, "memory_gib_hour": memory_gib_hour, "gpu_hour": gpu_hour, "disk_gib_month": disk_gib_month
    }  # fmt: skip
    changes = {name: price for name, price in wanted.items() if price is not None}
    if changes:
        with changing_client() as client:
            found = client.set_prices(**changes)
    else:
        with Client() as client:
            found = client.prices()
    if json:
        print_json(found)
        return
    rows = [(f"tier {name}, an hour", _money(price)) for name, price in found["tiers"].items()]
    rows += [(name.replace("_", " "), _money(price)) for name, price in found["resources"].items()]
    console().print(table("", ("price of", found["currency"]), rows, right=(found["currency"],)))
    for tier in found["foreign"]:
        console().print(f"The tier {tier} has a price in another currency, which counts as none.", markup=False)


@app.command()
def waste(*, month: OfMonth = None, project: OfProject = None, json: Json = False) -> None:
    """List what was paid for within a month and brought nothing, with what to do about it."""
    with Client() as client:
        found = client.waste(month=month, project=project)
    if json:
        print_json({"findings": found})
        return
    if not found:
        console().print("Nothing was wasted that is worth a word.", markup=False)
        return
    rows = [
        (
            each["kind"], each["subject"], _money(each["amounts"]["cost"]), _hours(each["amounts"]["held_seconds"]),
            each["advice"],
        )
        for each in found
    ]  # fmt: skip
    console().print(table("", ("waste", "of", "cost", "held h", "advice"), rows, right=("cost", "held h")))


@app.command()
def capacity(json: Json = False) -> None:
    """Show who uses the machine now, who waits for it and why, and which workers are warm and why. For IT."""
    with Client() as client:
        found = client.capacity()
    if json:
        print_json(found)
        return
    out = console()
    rows = [(each["tier"], shown(each["free"]), each["running"], each["waiting"]) for each in found["tiers"]]
    counts = ("free", "run", "wait")
    out.print(table("Tiers", ("tier", *counts), rows, right=counts))
    jobs = [*found["running"], *found["waiting"]]
    waits = [
        (
            each["id"],
            each["project"],
            each["created_by"],
            each["tier"],
            each["state"],
            when(each["since"]),
            each["reason"],
        )
        for each in jobs
    ]
    out.print(table("Jobs", ("job", "project", "by", "tier", "state", "since", "waits because"), waits))
    workers = [
        (
            f"{each['model']}:{each['version']}",
            each["tier"],
            binary_size(each["memory_bytes"]),
            each["requests"],
            each["reason"],
        )
        for each in found["warm"] or []
    ]
    out.print(
        table(
            "Workers",
            ("version", "tier", "memory", "requests", "is there because"),
            workers,
            right=("memory", "requests"),
        )
    )
    if found["warm"] is None:
        out.print("The host does not answer: which workers run is not known.", markup=False)


def amount_cells(amounts: dict[str, Any]) -> tuple[str, ...]:
    """Return amounts as the cells of a row: cost, hours held, of CPU, of memory, of GPUs, disk, predictions."""
    return (
        _money(amounts["cost"]), _hours(amounts["held_seconds"]), _hours(amounts["cpu_seconds"]),
        _hours(amounts["memory_gib_seconds"]), _hours(amounts["gpu_seconds"]), _number(amounts["disk_gib_hours"]),
        f"{amounts['predictions']:,}" if amounts["predictions"] else "",
    )  # fmt: skip


def _show(found: dict[str, Any]) -> None:
    of = "" if found["project"] is None else f", project {found['project']}"
    rows = [(_name(line), *amount_cells(line["amounts"])) for line in found["billed"]]
    rows.append(("billed", *amount_cells(found["billed_total"])))
    out = console()
    title = f"{found['month']}{of}, costs in {found['currency']}"
    out.print(table(title, (found["by"], *_COLUMNS), rows, right=_COLUMNS))
    if found["unbilled"]:
        rows = [(line["what"], *amount_cells(line["amounts"])) for line in found["unbilled"]]
        rows.append(("everything", *amount_cells(found["total"])))
        out.print(table("", ("not billed", *_COLUMNS), rows, right=_COLUMNS))


def _name(line: dict[str, Any]) -> str:
    title = line.get("title")
    return f"{title} {line['name']}" if title else str(line["name"]) or f"({line['what']})"


def _money(amount: float) -> str:
    return f"{amount:,.2f}" if amount >= 1 or not amount else f"{amount:.4g}"


def _hours(seconds: float) -> str:
    return _number(seconds / _HOUR)


def _number(value: float) -> str:
    return f"{value:,.3g}" if value else ""
