"""`python -m unshelf.records.sql_process`: one SQL query over prediction records, and the end.

A stranger's SQL runs in a process of its own: low priority, without this server's environment, bounded in memory and time, and
first to be killed when the machine runs out of memory. DuckDB gets the list of files it may open, and is locked, before it sees the SQL:
no other file, network, extension, attachment or setting is within reach. Reads a SqlQuery as JSON from standard input and
writes a SqlResult or a SqlRejection to standard output."""

import os
import re
import sys
import threading
import time
from collections.abc import Callable, Container, Iterable, Mapping
from datetime import date, datetime
from datetime import time as time_of_day
from fnmatch import fnmatchcase
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from unshelf.contracts.errors import Unavailable
from unshelf.contracts.protocols.records import SqlQuery, SqlRejection, SqlResult
from unshelf.records.archive.arrow_schemas import SCORES_FIELD, schema_of
from unshelf.records.archive.compaction import write_parquet
from unshelf.records.archive.files import Archive, DamagedFile, open_archive, segments_of
from unshelf.records.archive.layout import ARCHIVE, UNKNOWN, ArchivedFile, is_unreadable, keys_aside, model_of, segments
from unshelf.records.archive.verified import put_damaged_aside, put_unreadable_aside
from unshelf.records.process_bounds import bound_process
from unshelf.records.signatures import PublishedSignatures
from unshelf.records.without_pandas import without_pandas

_FETCHED_ROWS = 1000
_BETWEEN = r"(?:\s|/\*.*?\*/|--[^\n]*(?:\n|$))*"
_OUT_OF_BOUNDS = re.compile(
    r"\b(current_setting|duckdb_settings|pg_settings|arrow_scan\w*|pandas_scan|python_map_function|json_execute_serialized_sql"
    rf'|query"?{_BETWEEN}\()',
    re.IGNORECASE | re.DOTALL,
)
"""Functions that describe this machine or take addresses in memory, and those that run SQL made of text, which could name them."""
_OF_A_FILE = re.compile(
    r"\.parquet|parquet|decompress|thrift|tprotocol|invalid data|corrupt|too small|page|unexpected end", re.IGNORECASE
)
"""Words in which DuckDB complains of a file rather than of the query."""
_REMOTE = "archive:/"
"""How the name of a file in S3 begins: none tells which bucket it is."""
_VIEW = """
create view predictions as
select * exclude (segment, segment_offset, input, output, params, latency_us, queue_us, predict_us)
       replace (time::timestamp as time, coalesce(purpose, 'live') as purpose),
       latency_us / 1000 as latency_ms, queue_us / 1000 as queue_ms, predict_us / 1000 as predict_ms,
       try(decode(input)) as input, nullif(try(decode(params)), '') as params, try(decode(output)) as output,
       input as input_bytes, output as output_bytes
from read_parquet({files}, union_by_name = true, hive_partitioning = false)
where {condition}
"""


class Rejected(Exception):
    """The query can't be answered."""

    def __init__(self, code: str, detail: str, hint: str = "", *, again: bool = False) -> None:
        super().__init__(detail)
        self.rejection = SqlRejection(code=code, detail=detail, hint=hint, again=again)


def main() -> int:
    """Answer the question on standard input."""
    question = msgspec.json.decode(sys.stdin.buffer.read(), type=SqlQuery)
    bound_process(memory_bytes=question.memory_bytes, seconds=question.seconds, threads=question.threads)
    without_pandas()
    try:
        said: SqlResult | SqlRejection = answer(question)
    except Rejected as rejected:
        said = rejected.rejection
    sys.stdout.buffer.write(msgspec.json.encode(said))
    sys.stdout.buffer.flush()
    return 0


def answer(question: SqlQuery) -> SqlResult:
    """Return the rows of a query. Raises Rejected."""
    begun = time.monotonic()
    os.chdir(question.folder)  # files go by short names, so that none tells where the server keeps them
    if _OUT_OF_BOUNDS.search(question.sql):
        raise Rejected("invalid_input", "The query names a function that is not offered here.")
    archive = open_archive(Path(), setting=question.predictions, s3_endpoint=question.s3_endpoint)
    files = _files_of(question, archive)
    connection = _connection(question, archive, files)
    statements = _parsed(question.sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise Rejected(
            "invalid_input",
            "Only one `select` at a time is answered.",
            "For example: select count(*) from predictions.",
        )
    timer = threading.Timer(max(question.seconds - (time.monotonic() - begun), 0.01), connection.interrupt)
    timer.start()
    try:
        columns, rows, truncated = _answered(connection, question)
    except duckdb.InterruptException:
        raise Rejected(
            "deadline_exceeded", f"The query took longer than {question.seconds:g} seconds.", "Ask for less."
        ) from None
    except (duckdb.OutOfMemoryException, MemoryError):
        size = question.memory_bytes >> 20
        raise Rejected("invalid_input", f"The query needs more than {size} MiB of memory.", "Ask for less.") from None
    except duckdb.IOException:
        raise _moved() from None
    except duckdb.Error as error:
        raise _explained(question, archive, files, error) from None
    finally:
        timer.cancel()
    return SqlResult(
        columns=columns, rows=rows, truncated=truncated, seconds=round(time.monotonic() - begun, 3),
        left_out=[key for key in keys_aside(archive.folder) if _may_see(question, model_of(key))],
    )  # fmt: skip


def _files_of(question: SqlQuery, archive: Archive) -> list[str]:
    """Return the query's files. Raises Rejected."""
    try:
        return _files(question, archive)
    except DamagedFile as damaged:
        archive.put_aside(damaged)
        raise _put_aside() from None
    except FileNotFoundError:
        raise _moved() from None
    except Unavailable as error:
        raise Rejected(error.code, error.detail, error.hint) from None


def _connection(question: SqlQuery, archive: Archive, files: list[str]) -> duckdb.DuckDBPyConnection:
    """Return a database in memory that sees these files and nothing else, for good."""
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
    if archive.remote is not None:
        connection.register_filesystem(import_module("unshelf.records.archive.s3").archive_filesystem(archive.remote))
    listed = "[" + ", ".join(map(_quoted, files)) + "]"
    condition = "true" if question.model is None else f"model = {_quoted(question.model)}"
    connection.execute(f"set allowed_paths = {listed}")
    connection.execute("set enable_external_access = false")
    try:
        connection.execute(_VIEW.format(files=listed, condition=condition))
    except duckdb.Error as error:
        raise _explained(question, archive, files, error) from None
    connection.execute("set lock_configuration = true")
    return connection


def _files(question: SqlQuery, archive: Archive) -> list[str]:
    """Return the archive's files, and those that segments are made into for this one query (see archive/layout: segments first)."""
    scratch = Path(question.scratch)
    wanted = _wanted(question)
    signatures = PublishedSignatures(Path(question.run_folder))
    known = signatures.models
    present = segments(archive.folder)
    for stem, segment in list(present.items()):
        try:
            write_parquet(segment, scratch, signatures, known=known, wanted=wanted, lasting=False)
        except FileNotFoundError:  # it became Parquet a moment ago
            del present[stem]
        except OSError as error:
            if not is_unreadable(error):
                raise
    # It has no rows, but all columns: also where nothing is recorded yet, a query finds them.
    empty = scratch / "empty.parquet"
    pq.write_table(schema_of(None).append(SCORES_FIELD).empty_table(), empty)

    def without(present: Container[str]) -> list[ArchivedFile]:
        return archive.files(partial(_may_see, question), without=present)

    put_damaged_aside(archive, without(present))
    kept = without(present)
    while moved := _merged_since(archive, kept, present):
        present = {stem: path for stem, path in present.items() if stem not in moved}
        kept = without(present)
    made = Archive(scratch)
    new = [str(made.path(file)) for file in made.local_files() if file.last_segment in present]
    return [str(empty), *new, *(f"{ARCHIVE if file.is_local else _REMOTE}/{file.key}" for file in kept)]


def _may_see(question: SqlQuery, model: str) -> bool:
    """Tell whether a model's records are asked for. Those of unknown models are for callers who may see everything."""
    return _wanted(question)(model) or (model == UNKNOWN and question.models is None)


def _explained(question: SqlQuery, archive: Archive, files: Iterable[str], error: duckdb.Error) -> Rejected:
    """Tell what an error is about: a file that was moved or is damaged, which is put aside, or the query."""
    # Where a file is gone, DuckDB takes its name for a folder's, and complains that it may not look into that.
    if any(not Path(file).exists() for file in files if not file.startswith(_REMOTE)):
        return _moved()
    is_of_a_file = _OF_A_FILE.search(str(error)) is not None
    if is_of_a_file and put_unreadable_aside(archive, archive.files(partial(_may_see, question))):
        return _put_aside()
    return _rejected(error)


def _moved() -> Rejected:
    detail = "Records were merged, moved or removed while they were read."
    return Rejected("unavailable", detail, "Ask again.", again=True)


def _put_aside() -> Rejected:
    return Rejected(
        "unavailable", "A file of records could not be read, and was put aside.", "Ask again: the rest is answered.",
        again=True,
    )  # fmt: skip


def _merged_since(archive: Archive, files: Iterable[ArchivedFile], present: Mapping[str, Path]) -> set[str]:
    """Return the segments that were present but became Parquet, and part of a merged file, since."""
    if not present:
        return set()
    first = min(present)
    recent = (file for file in files if file.is_merged and file.last_segment >= first)
    return {segment for file in recent for segment in segments_of(archive, file)} & present.keys()


def _wanted(question: SqlQuery) -> Callable[[str], bool]:
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


def _answered(
    connection: duckdb.DuckDBPyConnection, question: SqlQuery
) -> tuple[list[dict[str, str]], list[list[Any]], bool]:
    """Columns, rows (none where they are written as Parquet), and whether there were more."""
    if question.parquet:
        found = connection.sql(question.sql)
        columns = [{"name": name, "type": str(kind)} for name, kind in zip(found.columns, found.types, strict=True)]
        truncated = _write(found.to_arrow_reader(_FETCHED_ROWS), Path(question.scratch) / question.parquet, question)
        return columns, [], truncated
    connection.execute(question.sql)
    columns = [{"name": column[0], "type": str(column[1])} for column in connection.description or []]
    return columns, *_fetch(connection, question)


def _write(batches: pa.RecordBatchReader, path: Path, question: SqlQuery) -> bool:
    """Write as many rows as the question allows; whether there were more."""
    left, size = question.rows, 0
    with pq.ParquetWriter(path, batches.schema, compression="zstd") as writer:
        for batch in batches:
            size += batch.nbytes
            if size > question.answer_bytes:
                return True
            writer.write_batch(batch.slice(0, left))
            if batch.num_rows > left:
                return True
            left -= batch.num_rows
    return False


def _fetch(connection: duckdb.DuckDBPyConnection, question: SqlQuery) -> tuple[list[list[Any]], bool]:
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
        return Rejected("invalid_input", "Moments with a time zone can't be given.", "Cast them: now()::timestamp.")
    return Rejected(
        "invalid_input", text.strip()[:2000], "docs/reference/records.md shows the columns of `predictions`."
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


if __name__ == "__main__":
    status = main()
    os._exit(status)  # DuckDB complains of a file system in Python that outlives it
