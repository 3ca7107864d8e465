"""`unshelf logs`: the recorded predictions of a model."""

from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json_line, table
from unshelf.client.client import Client

_SHOWN_BODY = 100


def logs(
    ref: Annotated[
        str | None,
        typer.Argument(metavar="[REF]", help="NAME, NAME:3 or NAME@champion; with --sql a NAME or nothing."),
    ] = None,
    *,
    tail: Annotated[int, typer.Option(min=0, help="How many of the last predictions.")] = 20,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with those to come, until Ctrl-C.")] = False,
    status: Annotated[int | None, typer.Option(help="Only those with this HTTP status, e.g. 422.")] = None,
    sql: Annotated[
        str | None,
        typer.Option(
            metavar="SELECT", help="Ask by SQL: one select from the table `predictions`, of all models or of NAME."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Show predictions with input, output, version, latency, status and caller; oldest first. --json: one object a line."""
    if sql is not None:
        if follow or status is not None:
            raise typer.BadParameter("--follow and --status do not go with --sql.")
        _ask(sql, ref, json=json)
        return
    if ref is None:
        raise typer.BadParameter("Say whose predictions: `unshelf logs NAME`, or ask with --sql.")
    with Client() as client:
        out = console()
        found = False
        for record in client.predictions(ref, tail=tail, follow=follow, status=status):
            if json:
                print_json_line(record)
            else:
                _show(out, record, is_first=not found)
            found = True
        if not found and not json:
            console(stderr=True).print(f"No predictions of {ref} are recorded yet.", markup=False)


def _ask(sql: str, model: str | None, *, json: bool) -> None:
    with Client() as client:
        answer = client.query(sql, model=model)
    names = [column["name"] for column in answer["columns"]]
    if json:
        for row in answer["rows"]:
            print_json_line(dict(zip(names, row, strict=True)))
    else:
        console().print(table("", names, [[_cell(value) for value in row] for row in answer["rows"]]))
    if answer["truncated"]:
        console(stderr=True).print(f"There are more rows; these are the first {len(answer['rows'])}.", markup=False)


def _cell(value: Any) -> Any:
    return _short(value) if isinstance(value, dict | list) else value


def _show(out: Console, record: dict[str, Any], *, is_first: bool) -> None:
    if is_first:
        out.print("time                     version  status  latency  caller          input → output", style="bold")
    good = record["status"] == 200
    line = Text()
    line.append(f"{str(record['time'])[:23]:<23}  {record['version'] or '–'!s:>7}  ")
    line.append(f"{record['status']:>6}", style="green" if good else "red")
    line.append(f"  {record['latency_ms']:>5.1f}ms  {record['key'][:14]:<14}  ")
    line.append(f"{_short(record['input'])} → {_short(record['output'])}" if good else _failure(record))
    out.print(line, soft_wrap=True)


def _failure(record: dict[str, Any]) -> str:
    output = record["output"]
    detail = output.get("detail") if isinstance(output, dict) else None
    return f"{_short(record['input'])} ✗ {record['code']}{f': {detail}' if detail else ''}"


def _short(body: Any) -> str:
    if isinstance(body, dict) and set(body) == {"inputs"}:
        body = body["inputs"]
    text = body if isinstance(body, str) else msgspec.json.encode(body).decode()
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN_BODY else text[: _SHOWN_BODY - 1] + "…"
