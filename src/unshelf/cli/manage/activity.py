"""`unshelf activity`: what happened."""

from typing import Annotated

import typer

from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json, short_name, table, when
from unshelf.client.client import Client


def activity(
    subject: Annotated[
        str | None,
        typer.Argument(metavar="SUBJECT", help="NAME, NAME:3, or KIND/NAME. Unless given: all that you may see."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many of the last events.")] = 50,
    json: Json = False,
) -> None:
    """Show what happened to something, newest first."""
    with Client() as client:
        events = client.activity(subject, limit=limit)
    if json:
        print_json({"events": events})
        return
    if not events:
        console().print("Nothing happened that you may see.", markup=False)
        return
    rows = [
        (when(each["time"]), short_name(each["actor"]), each["action"], f"{each['kind']} {each['name']}")
        for each in events
    ]
    console().print(table("", ("time", "who", "did", "to"), rows))
