"""`unshelf diagnose`: why a model's data drifted or its quality fell, in the terminal."""

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from unshelf.cli.monitor.dashboard import Since, Until, sparkline
from unshelf.cli.options import Json, Reference
from unshelf.cli.output import console, print_json, table, when
from unshelf.client.client import Client

_MOST_COLUMNS = 15
_MOST_PARTS = 8
_MOST_BINS = 24
_MOST_CHANGES = 10
_WIDE = 24


def diagnose(
    ref: Reference,
    *,
    alert: Annotated[
        str, typer.Option(metavar="ID", help="Of an alert: its version, time, reference and first column.")
    ] = "",
    since: Since = "",
    until: Until = "",
    against: Annotated[
        str | None, typer.Option(metavar="WHAT", help="reference (usual), previous (the time before), or version:N.")
    ] = None,
    column: Annotated[
        str,
        typer.Option(metavar="COLUMN", help="in:NAME or out:NAME. Unless given: the one that contributes the most."),
    ] = "",
    by: Annotated[
        list[str] | None,
        typer.Option("--by", metavar="INPUT", help="Separate rows by this input; may be given again."),
    ] = None,
    quality: Annotated[bool, typer.Option("--quality", help="Why quality fell, instead of why data drifted.")] = False,
    rows: Annotated[
        bool, typer.Option("--rows", help="List the rows behind a bar; narrow them by --bin, --slice.")
    ] = False,
    bin: Annotated[str, typer.Option(metavar="NAME", help="Rows of this bin of the column.")] = "",
    slice: Annotated[str, typer.Option(metavar="COLUMN=VALUE", help="Rows of this slice.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="The most rows.")] = 20,
    json: Json = False,
) -> None:
    """Tell where a drift, or with --quality a fall of quality, comes from: columns, slices and times by their part in it, and what changed.

    Unless given, it is about the last seven days. --rows lists the rows behind it."""
    if bin and not column:
        raise typer.BadParameter("a bin is one of a column: name that too", param_hint="--column")
    asked: dict[str, Any] = {"since": since, "until": until, "alert": alert}
    with Client() as client:
        if rows:
            found = client.diagnosed_rows(
                ref, **asked, against=against, column=column, bin=bin, slice=slice, wrong=quality, limit=limit
            )
            return _end(found, json, _show_rows)
        ranked = client.diagnose(ref, **asked, against=against)
        if quality or ranked["asked"]["subject"] == "quality":
            return _end(client.diagnose_quality(ref, **asked), json, _show_quality)
        first = ranked["columns"][0]["column"] if ranked["columns"] else ""
        chosen = column or ranked["asked"]["column"] or first
        of_column = None
        if chosen and ranked["columns"]:
            slices = [each if each.startswith("in:") else f"in:{each}" for each in by or ()]
            of_column = client.diagnose_column(ref, chosen, slices=slices, against=against, **asked)
    if json:
        print_json({**ranked, "column": of_column})
        return None
    _show_drift(console(), ranked)
    if of_column is not None:
        _show_column(console(), of_column)
    _show_changes(console(), ranked)
    return None


def _end(found: dict[str, Any], json: bool, show: Any) -> None:
    if json:
        print_json(found)
    else:
        show(console(), found)


def _show_drift(out: Console, found: dict[str, Any]) -> None:
    _show_words(out, found)
    rows = [
        [each["column"], f"{each['share']:.0%}", _bar(each["share"]), f"{each['distance']:.2f}",
         Text("yes" if each["drifted"] else "", style="yellow"), each["say"]]
        for each in found["columns"][:_MOST_COLUMNS]
    ]  # fmt: skip
    if rows:
        out.print(table("", ["column", "part", "", "distance", "far", "change"], rows, right=["part", "distance"]))


def _show_column(out: Console, found: dict[str, Any]) -> None:
    out.print()
    _show_words(out, found)
    bins = sorted(found["bins"], key=lambda each: -each["share"])[:_MOST_BINS]
    kept = [each for each in found["bins"] if each in bins and (each["before"] or each["now"])]
    rows = [
        [each["label"], f"{each['before']:.1%}", f"{each['now']:.1%}", f"{each['share']:.0%}", _bar(each["share"])]
        for each in kept
    ]
    out.print(table("", ["bin", "before", "now", "part", ""], rows, right=["before", "now", "part"]))
    for column in found["slices"]:
        parts = [
            [each["value"], f"{each['rows']:,}", f"{each['share_of_rows']:.0%}", f"{each['share']:.0%}",
             sparkline([max(0.0, step) for step in each["steps"]], _WIDE)]
            for each in column["parts"][:_MOST_PARTS]
        ]  # fmt: skip
        name = column["name"].partition(":")[2]
        out.print(
            table("", [name, "rows", "of rows", "of drift", "over time"], parts, right=["rows", "of rows", "of drift"])
        )
    for note in found["notes"]:
        out.print(note, style="dim", soft_wrap=True)


def _show_quality(out: Console, found: dict[str, Any]) -> None:
    _show_words(out, found)
    for column in found["slices"]:
        parts = [
            [each["value"], f"{each['rows']:,}", _loss(found, each["before"]), _loss(found, each["now"]),
             f"{each['share_of_rows']:.0%}", f"{each['share']:.0%}"]
            for each in column["parts"][:_MOST_PARTS]
        ]  # fmt: skip
        heads = [column["name"], "labelled", "before", "now", "of rows", "of change"]
        out.print(table("", heads, parts, right=heads[1:]))
    mistakes = [
        [each["truth"], each["answer"], f"{each['before']:.1%}", f"{each['now']:.1%}", f"{each['share']:.0%}"]
        for each in found["mistakes"]
    ]
    if mistakes:
        heads = ["truth", "answer", "before", "now", "of change"]
        out.print(table("", heads, mistakes, right=heads[2:]))
    for note in found["notes"]:
        out.print(note, style="dim", soft_wrap=True)
    _show_changes(out, found)


def _show_rows(out: Console, found: dict[str, Any]) -> None:
    heads = [name.removeprefix("in:") for name in found["columns"]]
    rows = [[when(row[0]), *row[1:]] for row in found["rows"]]
    out.print(table("", heads, rows))
    more = "; there are more" if found["truncated"] else ""
    count = "1 row" if len(rows) == 1 else f"{len(rows)} rows"
    out.print(f"{count}{more}. As SQL:", style="dim")
    out.print(found["sql"], style="dim", soft_wrap=True)


def _show_words(out: Console, found: dict[str, Any]) -> None:
    for number, sentence in enumerate(found["words"]):
        out.print(sentence, style="" if number else "bold", soft_wrap=True)


def _show_changes(out: Console, found: dict[str, Any]) -> None:
    for each in found["changes"][-_MOST_CHANGES:]:
        out.print(Text(f"{when(each['time'])}  {each['say']}", style="dim"), soft_wrap=True)


def _bar(share: float) -> str:
    return "█" * round(max(0.0, share) * _WIDE)


def _loss(found: dict[str, Any], value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.1%}" if found["measure"] == "wrong_answers" else f"{value:.4g}"
