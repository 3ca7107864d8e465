"""The messages between host and zygote: the zygote's own reader and writer of contracts.protocols.zygote."""

import json
from typing import Any, NamedTuple


class ForkOrder(NamedTuple):
    """A request to fork."""

    id: int
    modules: "list[str]"
    scratch: str
    walled: bool = False
    network: str = "full"
    addresses: "list[str]" = []  # noqa: RUF012 - never changed
    listeners: "list[Any]" = []  # noqa: RUF012 - never changed
    shared_bytes: int = 0
    processes: int = 0
    filter: bytes = b""


def read_fork_request(message: bytes) -> ForkOrder:
    """Read a request of the host."""
    given = json.loads(message)
    return ForkOrder(
        given["id"],
        given["modules"],
        given["scratch"],
        given.get("walled", False),
        given.get("network", "full"),
        given.get("addresses", []),
        given.get("listeners", []),
        given.get("shared_bytes", 0),
        given.get("processes", 0),
        bytes.fromhex(given.get("filter", "")),
    )


def ready() -> bytes:
    """Say that everything is imported."""
    return _message("ready")


def forked(number: int) -> bytes:
    """Answer the fork request with this id; the child's pidfd goes along."""
    return _message("forked", id=number)


def refused(number: int, reason: str) -> bytes:
    """Answer the fork request with this id: the system does not allow walls."""
    return _message("refused", id=number, reason=reason)


def ended(number: int, status: int) -> bytes:
    """Say that the child of the fork request with this id is gone, with its exit status (negative: the signal)."""
    return _message("ended", id=number, status=status)


def _message(event: str, **fields: Any) -> bytes:
    return json.dumps({"event": event, **fields}).encode()
