"""`unshelf quality`: how good predictions were, in the terminal."""

from typing import Annotated, Any

import typer
from rich.console import Console

from unshelf.cli.monitor.dashboard import Since, Until, sparkline
from unshelf.cli.options import Json, Reference
from unshelf.cli.output import console, print_json, table, when
from unshelf.client.client import Client
from unshelf.contracts.monitoring.measures import SHARES

_MOST_CLASSES = 15
_MOST_STEPS = 14


def quality(
    ref: Reference,
    *,
    since: Since = "",
    until: Until = "",
    by: Annotated[
        str | None, typer.Option(metavar="STEP", help="hour, day or week. Unless given: what suits the range.")
    ] = None,
    slice: Annotated[str, typer.Option(metavar="COLUMN", help="Only the slices of this input.")] = "",
    json: Json = False,
) -> None:
    """Show how good predictions were, as far as their labels have arrived: measures with intervals, by version, slice and class.

    Unless given, over the last thirty days."""
    with Client() as client:
        found = client.quality(ref, since=since, until=until, by=by, slice=slice)
    if json:
        print_json(found)
        return
    out = console()
    measured = found["measured"]
    of = f"of {found['name']} since {when(found['since'])}"
    if measured["rows"]:
        out.print(f"{measured['labelled']:,} of {measured['rows']:,} predictions {of} have a label.")
    else:
        out.print(f"No prediction {of} is measured: it takes labels.")
    if measured["worth"] is not None:
        out.print(
            f"Those with a label are worth {measured['worth']:,.2f} {found['value']['unit']} together.", markup=False
        )
    for note in found["notes"]:
        out.print(note, style="dim", soft_wrap=True)
    if measured["metrics"]:
        rows = [
            [each["name"], _said(each), _interval(each), _over_time(found, each["name"])]
            for each in measured["metrics"]
        ]
        out.print(table("", ["measure", "value", "95 % interval", f"by {found['by']}"], rows, right=["value"]))
    _estimated(out, found)
    _parts(found)


def _estimated(out: Console, found: dict[str, Any]) -> None:
    """Print the estimates, marked as such, and how earlier ones turned out."""
    estimated = found["estimated"]
    if estimated["missing"]:
        out.print(estimated["missing"], style="dim", soft_wrap=True, markup=False)
    if estimated["total"] is None:
        return
    rows = [
        [when(step["start"]), f"{of['rows']:,}", _said(of), _interval(of), *_held(of)]
        for step in found["steps"][-_MOST_STEPS:]
        if (of := step["estimate"]) is not None
    ]
    name = estimated["total"]["name"]
    columns = [found["by"], "rows", f"estimated {name}", "95 % interval", "true since", "error", "inside"]
    out.print(table("Estimated without labels", columns, rows, right=["rows", columns[2], "true since", "error"]))
    if estimated["held"]:
        error = _number(name, estimated["error"])
        out.print(
            f"{estimated['inside']} of {estimated['held']} estimates that were held against labels since had the truth in their interval; "
            f"they were {error} off on average.",
            soft_wrap=True,
        )


def _held(estimate: dict[str, Any]) -> list[str]:
    held = estimate["held"]
    if held is None:
        return ["", "", ""]
    error = _number(estimate["name"], held["expected"] - held["truth"])
    return [_number(estimate["name"], held["truth"]), error, "yes" if held["is_inside"] else "no"]


def _parts(found: dict[str, Any]) -> None:
    out = console()
    parts = [(f"version {each['version']}", each["measured"]) for each in found["versions"]]
    parts += [(f"{each['column']} = {each['value']}", each["measured"]) for each in found["slices"]]
    rows = [
        [name, f"{of['rows']:,}", f"{of['labelled']:,}", of["metrics"][0]["name"], _said(of["metrics"][0]), _interval(of["metrics"][0])]
        for name, of in parts
        if of["metrics"]
    ]  # fmt: skip
    if len(rows) > 1:
        numbers = ["rows", "labelled", "value"]
        out.print(table("", ["part", "rows", "labelled", "measure", "value", "95 % interval"], rows, right=numbers))
    estimated = [
        [f"{each['column']} = {each['value']}", f"{of['rows']:,}", of["name"], _said(of), _interval(of)]
        for each in found["slices"]
        if (of := each["estimate"]) is not None
    ]  # fmt: skip
    if estimated:
        columns = ["slice", "rows", "measure", "estimate", "95 % interval"]
        out.print(table("Slices, estimated without labels", columns, estimated, right=["rows", "estimate"]))
    classes = [
        [each["name"], f"{each['rows']:,}", *("" if each[name] is None else _said(each[name]) for name in ("precision", "recall"))]
        for each in found["classes"][:_MOST_CLASSES]
    ]  # fmt: skip
    if classes:
        out.print(table("", ["class", "rows", "precision", "recall"], classes, right=["rows", "precision", "recall"]))


def _over_time(found: dict[str, Any], name: str) -> str:
    values = [
        metric["value"] for step in found["steps"] for metric in step["measured"]["metrics"] if metric["name"] == name
    ]
    return sparkline(values, 24) if len(values) > 1 and min(values) >= 0 else ""


def _said(metric: dict[str, Any]) -> str:
    return _number(metric["name"], metric["value"])


def _interval(metric: dict[str, Any]) -> str:
    if metric["low"] is None or metric["high"] is None:
        return ""
    return f"{_number(metric['name'], metric['low'])} to {_number(metric['name'], metric['high'])}"


def _number(name: str, value: float) -> str:
    return f"{value:.1%}" if name in SHARES else f"{value:.4g}"
