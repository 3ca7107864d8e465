"""The short-lived processes that open a connection: bounds, hosts, and problems without credentials.

Control never opens a connection itself. Such a process gets the credentials of one connection by standard input, and nothing else of
this server: no environment, no database, no home folder. It speaks to hosts on the operator's allow-list alone, at addresses that
it resolved once."""

import os
import sys
import threading
import traceback
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeVar
from urllib.parse import quote

import duckdb
import msgspec

from unshelf.contracts.errors import Unavailable, UnshelfError
from unshelf.contracts.protocols.data import ConnectionAccess, ConnectionKind, DataProblem
from unshelf.develop.connections.allowed_hosts import AllowedHosts
from unshelf.develop.connections.kinds import host_of
from unshelf.develop.datasets.rows_file import TooMuch
from unshelf.develop.datasets.tabular import Unreadable
from unshelf.records.process_bounds import bound_process
from unshelf.records.without_pandas import without_pandas

Answer = TypeVar("Answer")
_HIDDEN = "[hidden]"
_LIBRARIES = {"s3": ("botocore", "s3"), "sql": ("psycopg", "postgres")}
"""Kind → the library that it needs, and the extra that brings it."""
_NO_USER = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "PGSERVICEFILE": os.devnull,
}
_answered = threading.Lock()
_LEAST_SECRET = 3
"""Shorter credentials are no secrets, and their letters stand in every text."""


def answer_connection_order(shape: Any, carry_out: Callable[[Any, AllowedHosts], Any]) -> int:
    """Carry out the order on standard input, within its limits; the answer goes to standard output. Returns the exit status."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=shape)
    limits = order.limits
    bound_process(memory_bytes=limits.memory_bytes, seconds=limits.seconds, threads=limits.threads)
    without_pandas()
    _forget_this_user(order.scratch)
    hosts = AllowedHosts(order.hosts)
    hosts.install()
    watchdog = threading.Timer(limits.seconds, _end_late, [limits.seconds])
    watchdog.daemon = True
    watchdog.start()
    try:
        answer = carry_out(order, hosts)
    except Exception:
        sys.stderr.write(without_credentials(traceback.format_exc(), order))
        return 1
    _write(answer)
    return 0


def answer_or_problem(order: ConnectionAccess, hosts: AllowedHosts, act: Callable[[], Answer]) -> Answer | DataProblem:
    """Return what comes of an act; what goes wrong with the place or the data is a problem without credentials."""
    try:
        address = host_of(order.kind, order.settings)
        if address is not None:
            hosts.address_of(*address)
        return act()
    except UnshelfError as error:
        problem = DataProblem(code=error.code, detail=error.detail, hint=error.hint)
    except (Unreadable, TooMuch) as error:
        problem = DataProblem(
            code="invalid_input", detail=str(error), hint="Parquet, and CSV as UTF-8 with a header line, are read."
        )
    except (duckdb.OutOfMemoryException, MemoryError):
        size = order.limits.memory_bytes >> 20
        problem = DataProblem(code="invalid_input", detail=f"The data needs more than {size} MiB of memory.")
    except duckdb.Error as error:
        problem = DataProblem(code="invalid_input", detail=f"The data can't be read: {type(error).__name__}.")
    return msgspec.structs.replace(
        problem, detail=without_credentials(problem.detail, order), hint=without_credentials(problem.hint, order)
    )


def without_credentials(text: str, order: ConnectionAccess) -> str:
    """Return a text in which no secret of the order stands, also not as addresses write it."""
    for name, value in order.credentials.items():
        if name != "user" and len(value) >= _LEAST_SECRET:
            for written in {value, quote(value), quote(value, safe="")}:
                text = text.replace(written, _HIDDEN)
    return text


def module_for(kind: ConnectionKind, folder: str) -> Any:
    """Return the module for a kind, of `sources` or `targets`. It is imported, with its library, only when such a connection is used."""
    library, extra = _LIBRARIES.get(kind, ("", ""))
    if library and find_spec(library) is None:
        raise Unavailable(
            f"This server can't use connections of the kind {kind}.",
            hint=f"The operator installs what it needs: pip install 'unshelf[{extra}]'.",
        )
    return import_module(f"unshelf.develop.connections.{folder}.{kind}")


def _forget_this_user(scratch: str) -> None:
    """Have no library find settings or credentials of the user that the server runs as."""
    os.environ.update(_NO_USER, HOME=scratch)


def _end_late(seconds: float) -> None:
    _write(DataProblem(code="deadline_exceeded", detail=f"It took longer than {seconds:g} seconds."))
    os._exit(0)


def _write(answer: Any) -> None:
    """Write the answer, the first one alone."""
    if _answered.acquire(blocking=False):
        sys.stdout.buffer.write(msgspec.json.encode(answer))
        sys.stdout.buffer.flush()
