"""`python -m unshelf.monitor.predictions.query_process`: one SQL query over prediction records, and the end.

A stranger's SQL runs in a process of its own: low priority, without this server's environment, bounded in memory and time, and
first to go when the machine runs out of memory. DuckDB is told which files it may open, and locked, before it sees the SQL:
no other file, network, extension, attachment or setting is within reach. Reads a Question as JSON from standard input and
writes an Answer or a Rejection to standard output."""

import contextlib
import math
import os
import re
import resource
import sys
import threading
import time
from collections.abc import Callable
from datetime import date, datetime
from datetime import time as time_of_day
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pyarrow.parquet as pq

from unshelf.monitor.predictions.archive import UNKNOWN, archived, segments
from unshelf.monitor.predictions.compacting import read_table, signatures_of, write_parquet
from unshelf.monitor.predictions.question import Answer, Question, Rejection
from unshelf.monitor.predictions.tables import schema_of
from unshelf.monitor.predictions.without_pandas import without_pandas

_NICENESS = 10
_HEADROOM_BYTES = 1 << 30
"""What the interpreter and DuckDB's own structures may take beyond the memory of the query."""
_FETCHED_ROWS = 1000
_OUT_OF_BOUNDS = re.compile(
    r"\b(current_setting|duckdb_settings|pg_settings|arrow_scan\w*|pandas_scan|python_map_function)\b", re.IGNORECASE
)
"""Functions that tell about this machine or take addresses in memory."""
_VIEW = """
create view predictions as
select * exclude (segment_offset, input, output, latency_us, queue_us, predict_us)
       replace (time::timestamp as time),
       latency_us / 1000 as latency_ms, queue_us / 1000 as queue_ms, predict_us / 1000 as predict_ms,
       try(decode(input)) as input, try(decode(output)) as output, input as input_bytes, output as output_bytes
from read_parquet({files}, union_by_name = true, hive_partitioning = false)
where {condition}
"""


class Rejected(Exception):
    """The query can't be answered."""

    def __init__(self, code: str, detail: str, hint: str = "") -> None:
        super().__init__(detail)
        self.rejection = Rejection(code=code, detail=detail, hint=hint)


def main() -> int:
    """Answer the question on standard input."""
    question = msgspec.json.decode(sys.stdin.buffer.read(), type=Question)
    _bound(question)
    without_pandas()
    try:
        said: Answer | Rejection = answer(question)
    except Rejected as rejected:
        said = rejected.rejection
    sys.stdout.buffer.write(msgspec.json.encode(said))
    sys.stdout.buffer.flush()
    return 0


def answer(question: Question) -> Answer:
    """The rows. Raises Rejected."""
    begun = time.monotonic()
    os.chdir(question.folder)  # files go by short names, so that none tells where the server keeps them
    if _OUT_OF_BOUNDS.search(question.sql):
        raise Rejected("invalid_input", "the query names a function that is not offered here")
    connection = _connection(question)
    statements = _parsed(question.sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise Rejected(
            "invalid_input", "only one `select` at a time is answered", "for example: select count(*) from predictions"
        )
    timer = threading.Timer(max(question.seconds - (time.monotonic() - begun), 0.01), connection.interrupt)
    timer.start()
    try:
        connection.execute(question.sql)
        columns = [{"name": column[0], "type": str(column[1])} for column in connection.description or []]
        rows, truncated = _fetch(connection, question)
    except duckdb.InterruptException:
        raise Rejected(
            "deadline_exceeded", f"the query took longer than {question.seconds:g} seconds", "ask for less"
        ) from None
    except (duckdb.OutOfMemoryException, MemoryError):
        size = question.memory_bytes >> 20
        raise Rejected("invalid_input", f"the query needs more than {size} MiB of memory", "ask for less") from None
    except duckdb.IOException:
        raise Rejected("unavailable", "old records were removed while they were read", "ask again") from None
    except duckdb.Error as error:
        raise _rejected(error) from None
    finally:
        timer.cancel()
    return Answer(columns=columns, rows=rows, truncated=truncated, seconds=round(time.monotonic() - begun, 3))


def _bound(question: Question) -> None:
    """Bounds that hold whatever the query does to this process."""
    os.nice(_NICENESS)
    with contextlib.suppress(OSError):  # a kernel without it
        Path("/proc/self/oom_score_adj").write_text("1000")
    most = question.memory_bytes + _HEADROOM_BYTES
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    seconds = math.ceil(question.seconds * question.threads) + 30
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def _connection(question: Question) -> duckdb.DuckDBPyConnection:
    """A database in memory that sees the files of the question and nothing else, for good."""
    files = _files(question)
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": f"{question.memory_bytes >> 20}MiB",
            "threads": question.threads,
            "temp_directory": "",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "allow_persistent_secrets": False,
            "python_enable_replacements": False,
        },
    )
    listed = "[" + ", ".join(map(_quoted, files)) + "]"
    condition = "true" if question.model is None else f"model = {_quoted(question.model)}"
    connection.execute(f"set allowed_paths = {listed}")
    connection.execute("set enable_external_access = false")
    connection.execute(_VIEW.format(files=listed, condition=condition))
    connection.execute("set lock_configuration = true")
    return connection


def _files(question: Question) -> list[str]:
    """The archive's files, and those that the segments are made into for this one question (see archive: segments first)."""
    folder, scratch = Path(), Path(question.scratch)
    wanted = _wanted(question)
    table = read_table(Path(question.routing_table))
    signatures = signatures_of(table)
    present = segments(folder)
    for stem, segment in list(present.items()):
        try:
            write_parquet(segment, scratch, signatures, known=set(table.models), wanted=wanted, lasting=False)
        except FileNotFoundError:  # it became Parquet a moment ago
            del present[stem]
    # It has no rows, but all columns: also where nothing is recorded yet, a query finds them.
    empty = scratch / "empty.parquet"
    pq.write_table(schema_of(None).empty_table(), empty)

    # Records of models that there are not are for those who may see everything.
    def is_kept(model: str) -> bool:
        return wanted(model) or (model == UNKNOWN and question.models is None)

    kept = list(archived(folder, is_kept, without=present))
    while moved := present.keys() & {segment for file in kept if file.is_merged for segment in file.segments}:
        present = {
            stem: path for stem, path in present.items() if stem not in moved
        }  # it was Parquet, and merged, since
        kept = list(archived(folder, is_kept, without=present))
    made = (file for file in archived(scratch) if not file.segments.isdisjoint(present))
    return [str(empty), *(str(file.path) for file in made), *(str(file.path) for file in kept)]


def _wanted(question: Question) -> Callable[[str], bool]:
    def wanted(model: str) -> bool:
        if question.model is not None and model != question.model:
            return False
        return question.models is None or any(fnmatchcase(model, pattern) for pattern in question.models)

    return wanted


def _parsed(sql: str) -> list[duckdb.Statement]:
    try:
        return duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise _rejected(error) from None


def _fetch(connection: duckdb.DuckDBPyConnection, question: Question) -> tuple[list[list[Any]], bool]:
    """As many rows as the question allows, and whether there were more."""
    rows: list[list[Any]] = []
    size = 0
    while fetched := connection.fetchmany(min(_FETCHED_ROWS, question.rows + 1 - len(rows))):
        for row in fetched:
            plain = [_plain(value) for value in row]
            size += len(msgspec.json.encode(plain))
            if len(rows) == question.rows or size > question.answer_bytes:
                return rows, True
            rows.append(plain)
    return rows, False


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if value is None or isinstance(value, bool | str | float):
        return value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**64 else str(value)
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, datetime | date | time_of_day):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    return str(value)


def _rejected(error: duckdb.Error) -> Rejected:
    text = str(error)
    if "pytz" in text:
        return Rejected("invalid_input", "moments with a time zone can't be given", "cast them: now()::timestamp")
    return Rejected(
        "invalid_input", text.strip()[:2000], "docs/reference/records.md shows the columns of `predictions`"
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


if __name__ == "__main__":
    sys.exit(main())
