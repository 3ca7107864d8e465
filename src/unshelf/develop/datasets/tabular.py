"""Files as a table in DuckDB: Parquet and CSV become columns of the same few types, wherever they come from."""

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import takewhile
from pathlib import Path

import duckdb

from unshelf.contracts.protocols.data import ColumnType, DataFormat

_TYPES: tuple[tuple[re.Pattern[str], ColumnType, str], ...] = (
    (re.compile(r"U?(TINYINT|SMALLINT)|U?INTEGER|BIGINT"), "integer", "{column}::bigint"),
    (re.compile(r"UBIGINT|U?HUGEINT|FLOAT|DOUBLE|DECIMAL\(.*\)"), "number", "{column}::double"),
    (re.compile(r"VARCHAR|ENUM\(.*\)|UUID|TIME"), "text", "{column}::varchar"),
    (re.compile(r"BOOLEAN"), "boolean", "{column}"),
    (re.compile(r"DATE"), "date", "{column}"),
    (re.compile(r"TIMESTAMP|TIMESTAMP_(S|MS|NS)"), "timestamp", "{column}::timestamp"),
    (re.compile(r"TIMESTAMP WITH TIME ZONE"), "timestamp", "{column}"),
)
"""DuckDB's name of a type, ours, and how a column becomes of the widest type of ours."""
_EXACT = re.compile(r"UBIGINT|U?HUGEINT|DECIMAL\(.*\)|TIMESTAMP_NS")
"""Types of which a column of ours has fewer digits."""
_MOST_COLUMNS = 5000
_MOST_SPILLED = "4GiB"


class Unreadable(Exception):
    """The files hold no table; the message says why, and names no path of the server."""


class TableView:
    """A view `data` over files, in a database that may open these files and nothing else."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, columns: dict[str, ColumnType]) -> None:
        self.connection = connection
        self.columns = columns
        """Name → type, in order."""


def open_table(
    files: Mapping[str, Path],
    form: DataFormat,
    *,
    memory_bytes: int,
    threads: int,
    scratch: Path,
    exact: bool = False,
    texts: Collection[str] = (),
) -> TableView:
    """Open files (the path that people know → where it lies) as a table. Raises Unreadable.

    `exact`: columns keep the types that the files have, where ours would lose digits. `texts`: columns of CSV that are read as
    text, whatever their values look like."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": f"{memory_bytes >> 20}MiB",
            "threads": threads,
            "temp_directory": str(scratch / "spilled"),
            "max_temp_directory_size": _MOST_SPILLED,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "allow_persistent_secrets": False,
            "python_enable_replacements": False,
            "preserve_insertion_order": True,
        },
    )
    places = [str(path) for path in files.values()]
    connection.execute("set allowed_paths = " + _listed(places))
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    try:
        source = _source(files, form)
        described = connection.execute(f"describe select * from {source}").fetchall()
        if form == "csv" and (read := [str(name) for name, *_ in described if str(name) in texts]):
            source = _source(files, form, texts=read)
            described = connection.execute(f"describe select * from {source}").fetchall()
        if len(described) > _MOST_COLUMNS:
            raise Unreadable(f"There are {len(described)} columns; at most {_MOST_COLUMNS} are read.")
        typed = [(str(name), *_typed(str(name), str(kind), exact=exact)) for name, kind, *_ in described]
        chosen = ", ".join(f"{expression} as {quoted_name(name)}" for name, _, expression in typed)
        connection.execute(f"create view data as select {chosen} from {source}")
    except duckdb.Error as error:
        raise Unreadable(explained(error, files)) from None
    return TableView(connection, {name: kind for name, kind, _ in typed})


def explained(error: duckdb.Error, files: Mapping[str, Path]) -> str:
    """Return what DuckDB complains of, as one sentence that names files as people know them."""
    text = str(error)
    for shown, place in files.items():
        text = text.replace(str(place), shown)
    lines = list(takewhile(lambda line: not line.startswith("LINE "), map(str.strip, text.splitlines())))
    return " ".join(filter(None, lines[:6]))[:600]


def quoted_name(name: str) -> str:
    """Return a column's name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def _source(files: Mapping[str, Path], form: DataFormat, *, texts: Sequence[str] = ()) -> str:
    listed = _listed([str(path) for path in files.values()])
    if form == "parquet":
        return f"read_parquet({listed}, union_by_name = true, hive_partitioning = false)"
    packed = all(path.lower().endswith(".gz") for path in files)
    if not packed and any(path.lower().endswith(".gz") for path in files):
        raise Unreadable("Some of the CSV files are compressed and some are not.")
    compression = "gzip" if packed else "none"
    listed_types = ", ".join(f"{_quoted_text(name)}: 'VARCHAR'" for name in texts)
    types = f", types = {{{listed_types}}}" if texts else ""
    # Every line is looked at before a column gets its type: a gap or a text may come late.
    return (
        f"read_csv({listed}, header = true, sample_size = -1, union_by_name = true, hive_partitioning = false,"
        f" compression = '{compression}'{types})"
    )


def _typed(name: str, kind: str, *, exact: bool) -> tuple[ColumnType, str]:
    column = quoted_name(name)
    if exact and _EXACT.fullmatch(kind):
        return "other", column
    for pattern, ours, expression in _TYPES:
        if pattern.fullmatch(kind):
            return ours, expression.format(column=column)
    return "other", column


def _listed(texts: Sequence[str]) -> str:
    return "[" + ", ".join(map(_quoted_text, texts)) + "]"


def _quoted_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
