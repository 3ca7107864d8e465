"""`unshelf check`: ask a version for rows of one's own, and see what people found before."""

from typing import Annotated, Any

import typer

from unshelf.cli.deploy.predict import column_types, read_data
from unshelf.cli.options import Json, Reference
from unshelf.cli.output import console, print_json, show_facts, table, when
from unshelf.client.client import Client
from unshelf.client.datasets.data_client import is_reference


def check(
    ref: Reference,
    *,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|data://…|-",
            help="Rows as JSON, JSON lines, CSV, Arrow or Parquet, or data that the server reads. Unless given: list the checks.",
        ),
    ] = None,
    label: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The column that holds the truth; the model is not given it.")
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Of outputs that are objects: the member to hold against the label."),
    ] = None,
    rows: Annotated[int, typer.Option(min=1, max=10_000, help="How many of the first rows of data://….")] = 1000,
    json: Json = False,
) -> None:
    """Ask a version for rows of your own, one at a time: what was answered, how fast, and with a label how well.

    The server keeps what was found, for all who may inspect the version. Nothing else changes: no use is counted, and no release."""
    with Client() as client:
        if data is None:
            _list(client.checks(ref), json=json)
            return
        given = data if is_reference(data) else read_data(data, lambda: column_types(client, ref))
        found = client.check(ref, given, label=label, output=output, most_rows=rows)
    if json:
        print_json(found)
    else:
        _show(found)


def _list(found: list[dict[str, Any]], *, json: bool) -> None:
    if json:
        print_json({"checks": found})
        return
    rows = [
        (when(each["started_at"]), each["started_by"], each["data"], f"{each['answered']} of {each['rows']}", _short(each["quality"]))
        for each in found
    ]  # fmt: skip
    console().print(table("", ("run", "by", "data", "answered", "quality"), rows))


def _show(found: dict[str, Any]) -> None:
    out = console()
    out.print(
        f"{found['model']}:{found['version']}: {found['answered']} of {found['rows']} rows answered.", markup=False
    )
    latency = found["latency"]
    facts = [
        ("not answered", [f"{rows} {code}" for code, rows in found["failed"].items()]),
        ("not asked", f"{found['not_asked']}: the time for the check was over" if found["not_asked"] else ""),
        ("latency", f"median {latency['median']:.1f} ms, 95 % within {latency['p95']:.1f} ms" if latency else ""),
        ("not given to the model", [*found["unused"], *([found["label"]] if found["label"] else [])]),
        ("quality", _short(found["quality"]) or found["note"]),
        ("kept as", found["id"]),
    ]
    show_facts(out, facts)
    if found["failures"]:
        failures = [(each["row"], each["code"], each["detail"]) for each in found["failures"]]
        out.print(table("first rows that failed", ("row", "code", "why"), failures, right=("row",)))
    if found["quality"] and found["quality"]["confusion"]:
        pairs = [(str(each["label"]), str(each["output"]), each["rows"]) for each in found["quality"]["confusion"][:20]]
        out.print(table("labels and outputs", ("label", "output", "rows"), pairs, right=("rows",)))


def _short(quality: dict[str, Any] | None) -> str:
    if quality is None:
        return ""
    return ", ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in quality["figures"].items())
