"""`unshelf budgets`: what projects and the installation may cost a month."""

from typing import Annotated, Any

import typer

from unshelf.cli.changes import changing_client
from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json, table
from unshelf.cli.params import finite
from unshelf.client.client import Client

app = typer.Typer(
    invoke_without_command=True, add_completion=False, help="Budgets: what a month may cost; list, set, remove them."
)

Of = Annotated[str, typer.Argument(metavar="PROJECT", help="A project; '*': the installation.")]


@app.callback()
def budgets(context: typer.Context, json: Json = False) -> None:
    """List the budgets that you may see, with what was spent of each this month."""
    if context.invoked_subcommand is None:
        _show_list(json=json)


@app.command("list")
def list_budgets(json: Json = False) -> None:
    """List the budgets that you may see, with what was spent of each this month."""
    _show_list(json=json)


@app.command("set")
def set_budget(
    project: Of,
    amount: Annotated[float, typer.Argument(metavar="AMOUNT", min=0, help="What a month may cost.", callback=finite)],
    *,
    alert: Annotated[
        list[int] | None,
        typer.Option(
            "--alert", metavar="PERCENT", help="Tell people at this part of it. Unless given: 50, 80 and 100."
        ),
    ] = None,
    stop: Annotated[
        str, typer.Option("--stop", metavar="jobs|nothing", help="Once spent, begin no more jobs.")
    ] = "nothing",
    json: Json = False,
) -> None:
    """Set a budget, in place of an earlier one."""
    if stop not in ("jobs", "nothing"):
        raise typer.BadParameter(f"{stop!r} is neither jobs nor nothing", param_hint="--stop")
    with changing_client() as client:
        found = client.set_budget(project, amount, thresholds=alert, stops=stop)
    if json:
        print_json(found)
        return
    said = f"{found['spent']:,.2f} of {found['amount']:,.2f} {found['currency']} spent in {found['month']}"
    console().print(f"The budget of {_title(found)}: {said}.", markup=False)


@app.command()
def remove(project: Of, json: Json = False) -> None:
    """Remove a budget."""
    with changing_client() as client:
        client.remove_budget(project)
    if json:
        print_json({"project": project, "removed": True})
    else:
        console().print("The budget is removed.", markup=False)


def _show_list(*, json: bool) -> None:
    with Client() as client:
        found = client.budgets()
    if json:
        print_json({"budgets": found})
        return
    rows = [
        (
            _title(each), f"{each['spent']:,.2f}", f"{each['amount']:,.2f} {each['currency']}", f"{each['percent']:.0f} %",
            ", ".join(f"{part} %" for part in each["thresholds"]), each["stops"], each["set_by"],
        )
        for each in found
    ]  # fmt: skip
    columns = ("of", "spent this month", "budget", "used", "alerts at", "stops", "by")
    console().print(table("", columns, rows, right=("spent this month", "budget", "used")))


def _title(budget: dict[str, Any]) -> str:
    return "the installation" if budget["project"] == "*" else str(budget["project"])
