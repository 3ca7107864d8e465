"""`python -m unshelf.develop.connections.read_process`: read one path in one connection, and the end.

Control never opens a connection itself. This process gets the credentials of that one connection by standard input, and nothing else of
this server: no environment, no database, no home folder. It speaks to hosts on the operator's allow-list alone, at addresses that
it resolved once, and is bounded in memory, time, rows and bytes. It writes the rows to its scratch folder, and a DataAnswer
without any credential to standard output."""

import os
import sys
import threading
import traceback
from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import msgspec
import pyarrow as pa

from unshelf.contracts.errors import Unavailable, UnshelfError
from unshelf.contracts.protocols.data import ConnectionKind, ConnectionOrder, DataAnswer, DataProblem, DataRows
from unshelf.develop.connections.allowed_hosts import AllowedHosts
from unshelf.develop.connections.kinds import host_of
from unshelf.develop.datasets.data_process import BATCH_ROWS
from unshelf.develop.datasets.dataset import format_of
from unshelf.develop.datasets.rows_file import RowsWriter, TooMuch
from unshelf.develop.datasets.tabular import Unreadable, open_table
from unshelf.records.process_bounds import bound_process
from unshelf.records.without_pandas import without_pandas

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


def main() -> int:
    """Carry out the order on standard input."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=ConnectionOrder)
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


def carry_out(order: ConnectionOrder, hosts: AllowedHosts) -> DataAnswer:
    """Carry out an order; what goes wrong with the place or the data is a problem without credentials."""
    try:
        address = host_of(order.kind, order.settings)
        if address is not None:
            hosts.address_of(*address)
        return _from_sql(order, hosts) if order.kind == "sql" else _from_files(order)
    except UnshelfError as error:
        problem = DataProblem(code=error.code, detail=error.detail, hint=error.hint)
    except (Unreadable, TooMuch) as error:
        problem = DataProblem(
            code="invalid_input", detail=str(error), hint="Parquet, and CSV as UTF-8 with a header line, are read."
        )
    except (duckdb.OutOfMemoryException, MemoryError):
        size = order.limits.memory_bytes >> 20
        problem = DataProblem(code="invalid_input", detail=f"Reading the data needs more than {size} MiB of memory.")
    except duckdb.Error as error:
        problem = DataProblem(code="invalid_input", detail=f"The data can't be read: {type(error).__name__}.")
    return msgspec.structs.replace(
        problem, detail=without_credentials(problem.detail, order), hint=without_credentials(problem.hint, order)
    )


def without_credentials(text: str, order: ConnectionOrder) -> str:
    """Return a text in which no secret of the order stands, also not as addresses write it."""
    for name, value in order.credentials.items():
        if name != "user" and len(value) >= _LEAST_SECRET:
            for written in {value, quote(value), quote(value, safe="")}:
                text = text.replace(written, _HIDDEN)
    return text


def _from_files(order: ConnectionOrder) -> DataRows:
    files = _fetch(order)
    form = format_of(list(files))
    if form == "files":
        raise Unreadable(f"The files at {order.path!r} are of different formats.")
    table = open_table(
        files, form, memory_bytes=order.limits.memory_bytes, threads=order.limits.threads, scratch=Path(order.scratch)
    )
    limit = "" if order.rows is None else f" limit {int(order.rows)}"
    batches = table.connection.sql(f"select * from data{limit}").to_arrow_reader(BATCH_ROWS)
    return _written(order, batches.schema, batches)


def _from_sql(order: ConnectionOrder, hosts: AllowedHosts) -> DataRows:
    table = _source(order.kind).SqlTable(order, hosts)
    return _written(order, table.schema, table.batches())


def _fetch(order: ConnectionOrder) -> dict[str, Path]:
    found: dict[str, Path] = _source(order.kind).fetch(order)
    return found


def _source(kind: ConnectionKind) -> Any:
    """Return the module that reads a kind. It is imported, with its library, only when such a connection is read."""
    library, extra = _LIBRARIES.get(kind, ("", ""))
    if library and find_spec(library) is None:
        raise Unavailable(
            f"This server can't read connections of the kind {kind}.",
            hint=f"The operator installs what it needs: pip install 'unshelf[{extra}]'.",
        )
    return import_module(f"unshelf.develop.connections.sources.{kind}")


def _written(order: ConnectionOrder, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> DataRows:
    with RowsWriter(Path(order.scratch), schema, order.limits) as writer:
        for batch in batches:
            writer.write(batch)
    return writer.written


def _forget_this_user(scratch: str) -> None:
    """Have no library find settings or credentials of the user that the server runs as."""
    os.environ.update(_NO_USER, HOME=scratch)


def _end_late(seconds: float) -> None:
    _write(DataProblem(code="deadline_exceeded", detail=f"Reading took longer than {seconds:g} seconds."))
    os._exit(0)


def _write(answer: DataAnswer) -> None:
    """Write the answer, the first one alone."""
    if _answered.acquire(blocking=False):
        sys.stdout.buffer.write(msgspec.json.encode(answer))
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    os._exit(main())
