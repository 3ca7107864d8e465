"""`unshelf columns`: which columns of a version are its prediction, scores, label, key, slices and time."""

from typing import Annotated, Any

import typer

from unshelf.cli.changes import changing_client
from unshelf.cli.options import Json, Reference
from unshelf.cli.output import console, print_json, shown, table
from unshelf.client.client import Client

app = typer.Typer(
    add_completion=False, help="Roles of columns, which monitoring needs: prediction, scores, label, key, slices, time."
)
_ROLES = ("prediction", "scores", "classes", "task", "label", "key", "slices", "time", "query")
Column = Annotated[str | None, typer.Option(metavar="COLUMN", help="Its name in the signature.")]
Columns = Annotated[list[str] | None, typer.Option(metavar="COLUMN", help="An input of few values; repeatable.")]


@app.command()
def show(ref: Reference, *, json: Json = False) -> None:
    """Show the role of each column, where it is known from, and what a missing one costs."""
    with Client() as client:
        found = client.columns(ref)
    _show(found, json=json)


@app.command("set")
def set_roles(
    ref: Reference,
    *,
    prediction: Column = None,
    scores: Column = None,
    key: Column = None,
    time: Column = None,
    query: Column = None,
    slices: Columns = None,
    label: Annotated[str | None, typer.Option(metavar="NAME", help="The name under which labels come.")] = None,
    classes: Annotated[
        list[str] | None, typer.Option(metavar="CLASS", help="A class, in the order of the scores; repeatable.")
    ] = None,
    task: Annotated[str | None, typer.Option(metavar="TASK", help="classification, regression or ranking.")] = None,
    none: Annotated[
        list[str] | None, typer.Option("--none", metavar="ROLE", help="A role that no column has; repeatable.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why, for the log.")] = "",
    json: Json = False,
) -> None:
    """Set roles of a version's columns, and of later versions until theirs are set."""
    given = {
        "prediction": prediction, "scores": scores, "key": key, "time": time, "slices": slices, "label": label,
        "classes": classes, "task": task, "query": query,
    }  # fmt: skip
    roles: dict[str, Any] = {role: value for role, value in given.items() if value}
    for role in none or ():
        if role not in _ROLES:
            raise typer.BadParameter(f"{role!r} is none of {', '.join(_ROLES)}", param_hint="--none")
        if role in roles:
            raise typer.BadParameter(f"{role} is set and taken away", param_hint="--none")
        roles[role] = None
    if not roles:
        raise typer.BadParameter("say which role, for example --prediction class")
    with changing_client() as client:
        found = client.change_columns(ref, reason=reason, **roles)
    _show(found, json=json)


def _show(found: dict[str, Any], *, json: bool) -> None:
    if json:
        print_json(found)
        return
    out = console()
    rows = [[role, shown(found[role]), found["sources"].get(role, "")] for role in _ROLES]
    out.print(table(f"{found['name']}:{found['version']}", ["role", "column", "known from"], rows))
    for missing in found["missing"]:
        out.print(f"No {missing['role']}: {missing['cost']} {missing['how']}", style="dim", soft_wrap=True)
