"""`unshelf logs`: the recorded predictions of a model, one of them with its traceback, and what its programs printed."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from unshelf.cli.errors import own_lines
from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json, print_json_line, show_facts, table
from unshelf.client.client import Client
from unshelf.client.errors import NotFound

_SHOWN_BODY = 100
_USUAL_TAIL = 20
_USUAL_LINES = 100
_MOST_SINCE = 1000
"""How many are shown with --since unless --tail says otherwise."""
_AFTER = timedelta(seconds=0.05)
"""Lines of a prediction may be noted a moment after its answer."""


def logs(
    ref: Annotated[
        str | None,
        typer.Argument(metavar="[REF]", help="NAME, NAME:3 or NAME@champion; with --sql a NAME or nothing."),
    ] = None,
    *,
    tail: Annotated[
        int | None,
        typer.Option(
            "--tail",
            "--limit",
            "-n",
            min=0,
            help="How many of the last predictions (20 unless given), or lines (100); with --since 1000.",
        ),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with those to come, until Ctrl-C.")] = False,
    status: Annotated[int | None, typer.Option(help="Only those with this HTTP status, e.g. 422.")] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="None from before: 10m, 2h, 7d ago, or 2026-11-29T14:00:00Z (UTC unless it says otherwise).",
        ),
    ] = None,
    id: Annotated[
        str | None,
        typer.Option("--id", help="The prediction with this id, whole: with the traceback if the model raised."),
    ] = None,
    output: Annotated[bool, typer.Option("--output", help="What its programs printed: workers and checks.")] = False,
    sql: Annotated[
        str | None,
        typer.Option(
            metavar="SELECT", help="Ask by SQL: one select from the table `predictions`, of all models or of NAME."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Show predictions with input, output, version, latency, status and caller; oldest first. --json: one object a line.

    --output shows what the model's programs printed instead, --id one prediction with all that is known of it."""
    if sql is not None:
        if follow or output or any(each is not None for each in (status, since, id, tail)):
            raise typer.BadParameter("--sql goes with NAME and --json alone: write the rest into the query.")
        _ask(sql, ref, json=json)
        return
    if ref is None:
        raise typer.BadParameter("Say whose predictions: `unshelf logs NAME`, or ask with --sql.")
    if id is not None:
        if follow or output or any(each is not None for each in (status, since, tail)):
            raise typer.BadParameter("--id goes with NAME and --json alone.")
        _show_one(ref, id, json=json)
    elif output:
        if status is not None:
            raise typer.BadParameter("--status does not go with --output: lines have none.")
        _show_output(ref, tail=tail, follow=follow, since=since, json=json)
    else:
        _show_predictions(ref, tail=tail, follow=follow, since=since, status=status, json=json)


def _show_predictions(
    ref: str, *, tail: int | None, follow: bool, since: str | None, status: int | None, json: bool
) -> None:
    count = tail if tail is not None else _MOST_SINCE if since else _USUAL_TAIL
    shown = 0
    out = console()
    with Client() as client:
        for record in client.predictions(ref, tail=count, follow=follow, status=status, since=since):
            if json:
                print_json_line(record)
            else:
                _show(out, record, is_first=not shown)
            shown += 1
    if not json:
        _say_how_many(shown, count, f"No predictions of {ref} are recorded{' since then' if since else ' yet'}.", since)


def _show_output(ref: str, *, tail: int | None, follow: bool, since: str | None, json: bool) -> None:
    count = tail if tail is not None else _MOST_SINCE if since else _USUAL_LINES
    shown = 0
    out = console()
    with Client() as client:
        for line in client.output(ref, tail=count, follow=follow, since=since):
            if json:
                print_json_line(line)
            else:
                _show_line(out, line)
            shown += 1
    if not json:
        _say_how_many(shown, count, f"The programs of {ref} printed nothing{' since then' if since else ''}.", since)


def _say_how_many(shown: int, count: int, nothing: str, since: str | None) -> None:
    if not shown:
        console(stderr=True).print(nothing, markup=False)
    elif since and shown == count:
        console(stderr=True).print(f"These are the last {count}; --limit shows more.", markup=False)


def _show_line(out: Console, line: dict[str, Any]) -> None:
    head = f"{(line['time'] or '–')[:23]:<23}  {line['version']:>7}  {line['replica'] or '–':<9}  "
    out.print(Text(head, style="dim").append(line["text"], style="not dim"), soft_wrap=True)


def _show_one(ref: str, id: str, *, json: bool) -> None:
    """Show a prediction with its bodies whole, the traceback of a failure, and what the model printed meanwhile."""
    with Client() as client:
        record = next(client.predictions(ref, tail=1, id=id), None)
        if record is None:
            raise NotFound(
                f"No prediction of {ref} has the id {id}.",
                hint="`unshelf logs NAME` lists predictions; --json shows their ids.",
            )
        printed = _printed_meanwhile(client, record)
    if json:
        print_json({**record, "printed": printed})
        return
    out = console()
    answer = record["output"]
    traceback = answer.pop("traceback", "") if isinstance(answer, dict) and record["status"] != HTTPStatus.OK else ""
    facts = ("id", "time", "version", "caller", "protocol", "purpose", "status", "code", "latency_ms", "trace")
    show_facts(out, [(name, record.get(name)) for name in facts if record.get(name)])
    beside = [("params", _text(record["params"]))] if record.get("params") else []
    scores = [("scores", _text(record["scores"]))] if "scores" in record else []
    show_facts(out, [*beside, ("input", _text(record["input"])), ("output", _text(answer)), *scores])
    if traceback:
        out.print(Text("\ntraceback", style="bold"))
        out.print(Text("\n".join(own_lines(traceback))), soft_wrap=True)
    if printed:
        out.print(Text("\nprinted by its replicas meanwhile", style="bold"))
        for line in printed:
            _show_line(out, line)


def _printed_meanwhile(client: Client, record: dict[str, Any]) -> list[dict[str, Any]]:
    if not record["version"]:
        return []
    end = _moment(record["time"]) + timedelta(milliseconds=record["latency_ms"]) + _AFTER
    since = record["time"][:23].rstrip("Z") + "Z"  # lines are noted to the millisecond
    reference = f"{record['model']}:{record['version']}"
    return [line for line in client.output(reference, tail=100_000, since=since) if _moment(line["time"]) <= end]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))  # Python 3.10 does not know the Z


def _text(body: Any) -> str:
    return body if isinstance(body, str) else msgspec.json.encode(body).decode()


def _ask(sql: str, model: str | None, *, json: bool) -> None:
    with Client() as client:
        answer = client.query(sql, model=model)
    names = [column["name"] for column in answer["columns"]]
    if json:
        for row in answer["rows"]:
            print_json_line(dict(zip(names, row, strict=True)))
    else:
        console().print(table("", names, [[_cell(value) for value in row] for row in answer["rows"]]))
    if left_out := answer.get("left_out"):
        text = (
            f"{len(left_out)} files of records can't be read, and their rows are missing: `unshelf doctor` tells more."
        )
        console(stderr=True).print(text, markup=False)
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
    line.append(f"  {record['latency_ms']:>5.1f}ms  {record.get('caller', record['key'])[:14]:<14}  ")
    line.append(f"{_short(_asked(record))} → {_short(record['output'])}" if good else _failure(record))
    out.print(line, soft_wrap=True)


def _failure(record: dict[str, Any]) -> str:
    output = record["output"]
    detail = output.get("detail") if isinstance(output, dict) else None
    return f"{_short(_asked(record))} ✗ {record['code']}{f': {detail}' if detail else ''}"


def _asked(record: dict[str, Any]) -> Any:
    """The body, and the parameters where they are not in it."""
    body, params = record["input"], record.get("params")
    if not params or (isinstance(body, dict) and body.keys() & {"params", "parameters", "json"}):
        return body
    return f"{_text(body)} params {_text(params)}"


def _short(body: Any) -> str:
    if isinstance(body, dict) and set(body) == {"inputs"}:
        body = body["inputs"]
    text = body if isinstance(body, str) else msgspec.json.encode(body).decode()
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN_BODY else text[: _SHOWN_BODY - 1] + "…"
