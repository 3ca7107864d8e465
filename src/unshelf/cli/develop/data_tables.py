"""Profiles and rows of data, as tables for people and JSON for programs."""

from datetime import date, datetime
from typing import Any

from rich.console import Console

from unshelf.cli.output import console, print_json, table

_MOST_TOP = 3


def show_profile(out: Console, columns: list[dict[str, Any]]) -> None:
    """Print a line a column: type, gaps, extremes, mean, most frequent values."""
    rows = [
        (
            each["name"], each["type"], each["gaps"], _number(each.get("minimum")), _number(each.get("maximum")),
            _number(each.get("mean")), ", ".join(f"{top['value']} ({top['count']})" for top in each.get("top", [])[:_MOST_TOP]),
        )
        for each in columns
    ]  # fmt: skip
    names = ("column", "type", "gaps", "minimum", "maximum", "mean", "most frequent")
    out.print(table("", names, rows, right=("gaps", "minimum", "maximum", "mean")))


def show_rows(found: Any, *, json: bool) -> None:
    """Print the rows of a pyarrow Table."""
    rows = [[_plain(value) for value in row.values()] for row in found.to_pylist()]
    names = [str(name) for name in found.column_names]
    if json:
        print_json({"columns": [{"name": field.name, "type": str(field.type)} for field in found.schema], "rows": rows})
        return
    console().print(table("", names, rows))


def _number(value: Any) -> Any:
    return f"{value:.6g}" if isinstance(value, float) else value


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return f"{len(value)} bytes" if isinstance(value, bytes) else value
