"""Commands that change something: their client, and a notice when a change is stored but not in force yet."""

from collections.abc import Iterator
from contextlib import contextmanager

from unshelf.cli.output import console
from unshelf.client.client import Client


@contextmanager
def changing_client() -> Iterator[Client]:
    """Open a client for changes; afterwards say on standard error if one of them is not in force at the gateways yet."""
    with Client() as client:
        yield client
    if client.is_publication_pending:
        console(stderr=True).print(
            "The change is stored, but the server can't publish it to its gateways yet; it comes into force as soon as it can.",
            style="yellow",
        )
