"""`unshelf audit`: who did what."""

from typing import Annotated

import typer

from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json, table, when
from unshelf.client.client import Client


def audit(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many of the last events.")] = 50,
    verify: Annotated[
        bool, typer.Option("--verify", help="Check that no event was edited, deleted or reordered; exit 1 if one was.")
    ] = False,
    json: Json = False,
) -> None:
    """Show who did what, newest first."""
    if verify:
        _verify(json=json)
        return
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


def _verify(*, json: bool) -> None:
    with Client() as client:
        report = client.verify_audit()
    if json:
        print_json(report)
    else:
        for fault in report["faults"]:
            console().print(f"Event {fault['sequence']}: {fault['detail']}", markup=False)
        verdict = "The log is not as it was written." if report["faults"] else "The log is as it was written."
        console().print(f"{verdict} {report['closed_to']} events, the last with hash {report['hash']}", markup=False)
    if report["faults"]:
        raise typer.Exit(1)


def _detail(detail: object) -> str:
    if isinstance(detail, dict):
        return " ".join(f"{name}={value}" for name, value in detail.items())
    return str(detail or "")
