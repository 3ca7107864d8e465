"""`unshelf metrics`: metrics of a model that are somebody's own functions."""

from pathlib import Path
from typing import Annotated, Any, Literal, cast

import typer

from unshelf.cli.changes import changing_client
from unshelf.cli.options import Json, Name
from unshelf.cli.output import console, print_json, table, when
from unshelf.client.client import Client

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Metrics of your own: add, list, show, remove. `unshelf quality` shows their values.",
)

Metric = Annotated[str, typer.Argument(metavar="METRIC", help="The metric's name.")]
_BETTER = ("higher", "lower", "neither")


@app.command()
def add(
    name: Name,
    metric: Metric,
    *,
    file: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="The Python file with `def METRIC(truth, prediction, rows)`.",
        ),
    ],
    function: Annotated[str, typer.Option(help="The function, where it has another name than the metric.")] = "",
    description: Annotated[str, typer.Option(help="What it says, in a sentence.")] = "",
    better: Annotated[
        str, typer.Option(metavar="higher|lower|neither", help="Which values are better: then a fall raises an alert.")
    ] = "neither",
    tier: Annotated[str, typer.Option(help="The hardware that it is evaluated on.")] = "small",
    reason: Annotated[str, typer.Option(help="Why, for the log.")] = "",
    json: Json = False,
) -> None:
    """Have a function evaluated on the labelled predictions of each version, day and slice, in the sandbox.

    For a metric that there is already, this makes its next version."""
    if better not in _BETTER:
        raise typer.BadParameter(f"{better!r} is none of {', '.join(_BETTER)}.", param_hint="--better")
    chosen = cast(Literal["higher", "lower", "neither"], better)
    with changing_client() as client:
        found = client.set_metric(
            name, metric, file, function=function, description=description, better=chosen, tier=tier, reason=reason
        )
    if json:
        print_json(found)
        return
    console().print(
        f"{metric} of {name} is at version {found['number']}. `unshelf quality {name}` shows its values once they are evaluated.",
        markup=False, soft_wrap=True,
    )  # fmt: skip


@app.command("list")
def list_metrics(name: Name, *, json: Json = False) -> None:
    """List a model's own metrics, and how their evaluation goes."""
    with Client() as client:
        found = client.metrics(name)
    if json:
        print_json({"metrics": found})
        return
    rows = [
        [each["name"], str(each["number"]), each["better"], str(each["days"]), each["problem"] or each["note"] or each["description"]]
        for each in found
    ]  # fmt: skip
    console().print(table("", ["metric", "version", "better", "days", ""], rows, right=["version", "days"]))


@app.command()
def show(name: Name, metric: Metric, *, json: Json = False) -> None:
    """Show a metric: how its evaluation goes, its versions, and its code."""
    with Client() as client:
        found = client.metric(name, metric)
    if json:
        print_json(found)
        return
    out = console()
    for line in _about(found):
        out.print(line, markup=False, soft_wrap=True)
    rows = [[str(each["number"]), when(each["created_at"]), each["created_by"]] for each in found["versions"]]
    out.print(table("", ["version", "set", "by"], rows, right=["version"]))
    out.print(found["versions"][0]["code"], markup=False, highlight=False, soft_wrap=True)


@app.command()
def remove(name: Name, metric: Metric, *, json: Json = False) -> None:
    """Remove a metric with its values."""
    with changing_client() as client:
        client.remove_metric(name, metric)
    if json:
        print_json({"name": name, "metric": metric})
        return
    console().print(f"{name} has no metric {metric} any more.", markup=False)


def _about(found: dict[str, Any]) -> list[str]:
    lines = [
        found["description"],
        f"{found['days']} days were evaluated, {found['problem_days']} of them without a value.",
    ]
    return [line for line in (*lines, found["problem"], found["note"]) if line]
