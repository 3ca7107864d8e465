"""Messages between a host and a zygote over a socket of whole messages (SOCK_SEQPACKET), each one JSON object.

A zygote is a warm process of an environment, from which workers are forked. The worker's side of this is in
worker/process/zygote_messages.py; tests/contract/test_worker_protocol.py holds both together."""

from typing import Literal

import msgspec


class ForkRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Host: fork a worker. With it come descriptors: the listening socket, the report pipe, the lifeline, the log, and one that
    stays open as long as the worker lives; for a worker with walls, a mount of its bundle and one of its scratch folder too, then, with
    `listeners`, the socket on which these are sent, and the open files of its control groups, to each of which it writes `0`."""

    id: int
    modules: list[str]
    """Modules to import before the fork, in addition to those of earlier requests."""
    scratch: str
    """The worker's scratch folder, as the worker sees it."""
    walled: bool = False
    """Whether the worker must have a process namespace, a bundle and a scratch folder of its own, which no other worker sees."""
    network: Literal["full", "none"] = "full"
    """Whether a worker with walls has its zygote's network or one of its own, with nothing else in it."""
    addresses: list[str] = []
    """Addresses that the loopback interface of its own network has beside those below 127."""
    listeners: list[tuple[str, int]] = []
    """Addresses and ports of its own network at which sockets are to listen. They are sent, with `listening`, on a socket that comes
    along and stays open as long as the worker lives."""
    shared_bytes: int = 0
    """How much its shared memory in `/dev/shm` holds, and how large a file of it may be; 0: as much as memory does."""
    processes: int = 0
    """How many processes and threads it may have; 0: as many as its zygote."""
    filter: str = ""
    """The filter of system calls that it takes on last, as hexadecimal digits of the kernel's `struct sock_filter`."""


class ZygoteReady(msgspec.Struct, frozen=True, kw_only=True, tag="ready", tag_field="event"):
    """Zygote: everything is imported; fork requests are taken."""


class Forked(msgspec.Struct, frozen=True, kw_only=True, tag="forked", tag_field="event"):
    """Zygote: the child of the request with this id; its pidfd comes along, by which the host knows its pid."""

    id: int


class ForkRefused(msgspec.Struct, frozen=True, kw_only=True, tag="refused", tag_field="event"):
    """Zygote: the worker of the request with this id can't have walls here, and there is none."""

    id: int
    reason: str


class ChildEnded(msgspec.Struct, frozen=True, kw_only=True, tag="ended", tag_field="event"):
    """Zygote: the child of the request with this id is gone."""

    id: int
    status: int
    """The child's exit status; negative: the signal that killed it."""


ZygoteReport = ZygoteReady | Forked | ForkRefused | ChildEnded
