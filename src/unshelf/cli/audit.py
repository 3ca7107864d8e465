"""`unshelf audit`: who did what."""

from typing import Annotated

import typer

from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json, table, when
from unshelf.client.client import Client


def audit(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many of the last events.")] = 50,
    json: Json = False,
) -> None:
    """Show who did what, newest first."""
    with Client() as client:
        events = client.audit(limit=limit)
    if json:
        print_json({"events": events})
        return
    rows = [
        (when(event["time"]), event["actor"], event["action"], event["subject"], _detail(event["detail"]))
        for event in events
    ]
    console().print(table("", ("time", "who", "did", "to", "detail"), rows))


def _detail(detail: object) -> str:
    if isinstance(detail, dict):
        return " ".join(f"{name}={value}" for name, value in detail.items())
    return str(detail or "")
