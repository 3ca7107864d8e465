"""`unshelf labels`: the truth about predictions, as it arrives."""

from typing import Annotated, Any

import typer

from unshelf.cli.options import Json, Name
from unshelf.cli.output import console, print_json, show_facts, table, when
from unshelf.client.client import Client

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Labels: add, list, show, summary. They are the truth about predictions.",
)


@app.command()
def add(
    name: Name,
    *,
    data: Annotated[
        str,
        typer.Option(
            "--data", metavar="DATA", help="A CSV, Parquet or JSON-lines file, data://…, or - for standard input."
        ),
    ] = "-",
    id_column: Annotated[
        str, typer.Option(metavar="COLUMN", help="The prediction's id. Unless given: prediction_id or id.")
    ] = "",
    key_column: Annotated[
        str,
        typer.Option(metavar="COLUMN", help="The business key, in place of the id. Unless given: that of the role."),
    ] = "",
    label_column: Annotated[
        str,
        typer.Option(metavar="COLUMN", help="The truth. Unless given: that of the role, or label."),
    ] = "",
    row_column: Annotated[str, typer.Option(metavar="COLUMN", help="The row of the request. Unless given: row.")] = "",
    at_column: Annotated[str, typer.Option(metavar="COLUMN", help="When it was observed. Unless given: at.")] = "",
    source: Annotated[str, typer.Option(metavar="TEXT", help="Where the labels come from, for people.")] = "",
    json: Json = False,
) -> None:
    """Send labels. What was sent before is known as a duplicate, and a later label corrects an earlier one."""
    with Client() as client:
        added = client.add_labels(
            name, data, id=id_column, key=key_column, label=label_column, row=row_column, at=at_column,
            source=source or ("" if data == "-" else data),
        )  # fmt: skip
    if json:
        print_json(added)
        return
    out = console()
    out.print(
        f"{added['accepted']:,} accepted, {added['corrected']:,} of them corrections; {added['duplicates']:,} known already; "
        f"{added['waiting']:,} wait for their prediction.",
        soft_wrap=True,
    )
    for warning in added["warnings"]:
        out.print(warning, style="yellow", soft_wrap=True, markup=False)


@app.command("list")
def list_labels(
    name: Name,
    *,
    history: Annotated[bool, typer.Option("--history", help="Also those that were corrected.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="The most that are listed, the last ones.")] = 50,
    json: Json = False,
) -> None:
    """List the labels of a model, those received last first."""
    with Client() as client:
        _list(client.labels(name, history=history, limit=limit), json=json)


@app.command()
def show(
    name: Name,
    target: Annotated[str, typer.Argument(metavar="ID", help="A prediction's id; with --key a key's value.")],
    *,
    key: Annotated[bool, typer.Option("--key", help="It is the value of the business key.")] = False,
    json: Json = False,
) -> None:
    """Show all labels that one prediction or key was sent, the one that counts first."""
    with Client() as client:
        found = client.labels(name, history=True, key=target if key else "", prediction_id="" if key else target)
    if not found and not json:
        what = "key" if key else "prediction"
        console().print(f"Nobody sent a label of the {what} {target}.", markup=False)
        return
    _list(found, json=json)


@app.command()
def summary(name: Name, *, json: Json = False) -> None:
    """Show how many labels a model has, how many found their prediction, and how many wait."""
    with Client() as client:
        found = client.label_summary(name)
    if json:
        print_json(found)
        return
    show_facts(
        console(),
        [
            ("labels", f"{found['labels']:,}"), ("found their prediction", f"{found['joined']:,}"),
            ("wait for it", f"{found['waiting']:,}"), ("name no row of it", f"{found.get('strays', 0):,}"),
            ("corrections", f"{found['corrections']:,}"),
            ("first", when(found["first_at"]) if found["first_at"] else ""), ("last", when(found["last_at"]) if found["last_at"] else ""),
        ],
    )  # fmt: skip


def _state(label: dict[str, Any]) -> str:
    if not label["is_latest"]:
        return "corrected"
    if label["is_joined"]:
        return ""
    rows = label.get("request_rows")  # a server of an earlier release does not say
    return "waits for its prediction" if rows is None else f"no such row: its request has {rows}"


def _list(found: list[dict[str, Any]], *, json: bool) -> None:
    if json:
        print_json(found)
        return
    rows = [
        [
            each["prediction_id"] or f"key {each['key']}", "" if each["row"] is None else each["row"], each["value"],
            when(str(each["received_at"])), each["received_by"],
            _state(each),
        ]
        for each in found
    ]  # fmt: skip
    console().print(table("", ["prediction", "row", "label", "received", "by", ""], rows))
