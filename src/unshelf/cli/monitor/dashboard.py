"""`unshelf dashboard` and `unshelf fleet`: what models did and how their data changed, in the terminal."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from unshelf.cli.options import Json, Reference
from unshelf.cli.output import console, print_json, shares, table, when
from unshelf.client.client import Client

_BARS = "▁▂▃▄▅▆▇█"
_WIDEST = 60
_MOST_COLUMNS = 15
_STYLES = {"ok": "green", "attention": "yellow", "failing": "red", "unknown": "dim"}
Since = Annotated[
    str, typer.Option(metavar="TIME", help="From when on: 24h, 7d, 4w ago, or a moment. Unless given: 7d.")
]
Until = Annotated[str, typer.Option(metavar="TIME", help="Up to when, likewise. Unless given: now.")]


def dashboard(
    ref: Reference,
    *,
    since: Since = "",
    until: Until = "",
    window: Annotated[
        int | None, typer.Option(min=100, metavar="N", help="By window of N predictions, in place of hours or days.")
    ] = None,
    json: Json = False,
) -> None:
    """Show what a model did: in words, its traffic, and which of its columns are far from the reference.

    NAME means all versions together, NAME:3 that version alone."""
    with Client() as client:
        found = client.dashboard(ref, since=since, until=until, window=window)
    if json:
        print_json(found)
        return
    out = console()
    for number, sentence in enumerate(found["words"]):
        style = f"bold {_STYLES[found['state']]}" if not number else ""
        out.print(sentence, style=style, soft_wrap=True)
    if window is not None and window not in found["window_sizes"]:
        sizes = ", ".join(f"{size:,}" for size in found["window_sizes"])
        out.print(
            f"No windows of {window:,} predictions are kept of this time; there are {sizes or 'none of any size'}.",
            soft_wrap=True,
        )
    _show_traffic(out, found)
    _show_columns(out, found)
    for moment in found["moments"][-10:]:
        out.print(Text(f"{when(moment['time'])}  {moment['say']}", style="dim"), soft_wrap=True)
    for missing in found["missing"]:
        out.print(f"For more: {missing['how']}", style="dim", soft_wrap=True)


def fleet(
    *,
    project: Annotated[str | None, typer.Option("--project", metavar="NAME", help="Only of this project.")] = None,
    json: Json = False,
) -> None:
    """List all models, those that need attention first: open alerts, failed requests, drift, silence."""
    with Client() as client:
        found = client.fleet(project=project)
    if json:
        print_json(found)
        return
    rows = [
        [
            Text(each["state"], style=_STYLES[each["state"]]), each["name"], shares(each["release"]), f"{each['requests']:,}",
            f"{each['requests_week']:,}", f"{each['failed']:,}", _milliseconds(each["p99"]), each["alerts"],
            " ".join(each["reasons"]),
        ]
        for each in found["models"]
    ]  # fmt: skip
    numbers = ["requests 24 h", "7 days before", "failed 24 h", "p99 ms", "alerts"]
    out = console()
    out.print(table("", ["state", "model", "live", *numbers, "why"], rows, right=numbers))
    if found["total"] > len(found["models"]):
        out.print(f"{found['total'] - len(found['models']):,} more models are not shown.", style="dim")


def sparkline(values: Sequence[float], width: int = _WIDEST) -> str:
    """Return bars whose heights are the values; of many the sums, or of shares the greatest, of neighbours."""
    step = -(-len(values) // width) if values else 1
    heights = [max(values[first : first + step]) for first in range(0, len(values), step)]
    top = max(heights, default=0.0)
    return "".join(_BARS[round(height / top * (len(_BARS) - 1))] if top > 0 else _BARS[0] for height in heights)


def _show_traffic(out: Console, found: dict[str, Any]) -> None:
    steps = found["steps"]
    if not steps:
        return
    unit = "hour" if found["step_hours"] == 1 else "day"
    if found["window"]:
        unit = f"window of {found['window']:,}"
    latencies = [step["latency"]["p99"] if step["latency"] else 0.0 for step in steps]
    rows = [
        [f"requests a {unit}", f"{found['traffic']['requests']:,}", sparkline([step["requests"] for step in steps])],
        ["not answered", f"{found['traffic']['failed']:,}", sparkline([step["failed"] for step in steps])],
        ["p99 ms", _milliseconds((found["traffic"]["latency"] or {}).get("p99")), sparkline(latencies)],
    ]
    out.print(table("", ["", "all", f"{when(steps[0]['start'])} to {when(steps[-1]['start'])}"], rows, right=["all"]))


def _show_columns(out: Console, found: dict[str, Any]) -> None:
    rows = []
    for each in found["columns"][:_MOST_COLUMNS]:
        drift = each["drift"]
        distances = [step["distance"] or 0.0 for step in each["steps"]]
        far = Text("yes" if drift and drift["drifted"] else "", style="yellow")
        rows.append(
            [each["column"], f"{drift['distance']:.2f}" if drift else "", far, _range(each["now"]),
             _range(each["before"]) if each["before"] else "", sparkline(distances, 24) if any(distances) else ""]
        )  # fmt: skip
    if rows:
        kind = {"baseline": "training data", "first_requests": "first requests"}.get(
            found["reference"]["kind"], "reference"
        )
        out.print(table("", ["column", "distance", "far", "now", kind, "distance over time"], rows, right=["distance"]))
    if len(found["columns"]) > _MOST_COLUMNS:
        out.print(f"{len(found['columns']) - _MOST_COLUMNS} more columns: --json shows all.", style="dim")


def _range(summary: dict[str, Any]) -> str:
    if summary["top"]:
        rows = max(1, summary["rows"] - summary["gaps"])
        return ", ".join(f"{each['value']} {each['count'] / rows:.0%}" for each in summary["top"][:3])
    if summary["minimum"] is None:
        return "nothing but gaps" if summary["gaps"] else ""
    return f"{summary['minimum']:.3g} to {summary['maximum']:.3g}, median {summary['p50']:.3g}"


def _milliseconds(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"
