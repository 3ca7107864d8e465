"""`unshelf environments`: the sets of packages that versions share."""

import sys
from typing import Annotated

import typer

from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json, table, when
from unshelf.client.client import Client
from unshelf.client.printable import printable

_SHORT_HASH = 12


def environments(
    lock: Annotated[str | None, typer.Option(metavar="HASH", help="Print the pylock.toml of this environment.")] = None,
    json: Json = False,
) -> None:
    """List environments, each with the versions that use it."""
    with Client() as client:
        if lock is not None:
            text = client.environment_lock(_whole_hash(client, lock))
            sys.stdout.write(printable(text) if sys.stdout.isatty() else text)
            return
        found = client.environments()
    if json:
        print_json({"environments": found})
        return
    rows = [
        (each["hash"][:_SHORT_HASH], each["python"], each["packages"], when(each["created_at"]), each["versions"])
        for each in found
    ]
    console().print(table("", ("hash", "python", "packages", "created", "used by"), rows, right=("packages",)))


def _whole_hash(client: Client, start: str) -> str:
    """Return the only hash that begins with `start`; `start` itself when there is none or more than one, so that the server answers."""
    found = [each["hash"] for each in client.environments() if each["hash"].startswith(start)]
    return found[0] if len(found) == 1 else start
