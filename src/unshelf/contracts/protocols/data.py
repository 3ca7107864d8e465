"""Messages between control and the short-lived processes that read data: JSON on standard input and output."""

from typing import Any, Literal

import msgspec

DataFormat = Literal["parquet", "csv", "files"]
"""How the files of a dataset hold its rows; `files`: they hold none that we read."""
ColumnType = Literal["integer", "number", "text", "boolean", "date", "timestamp", "other"]
"""Types of columns, the same wherever the data lies: 64-bit integers and floats, texts, booleans, dates, and timestamps in microseconds."""


class SourceFile(msgspec.Struct, frozen=True, kw_only=True):
    """Control: a file to read."""

    path: str
    """The path that people know it by."""
    sha256: str = ""
    """The blob that it is; empty: a file of the scratch folder."""


class DataOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Control: read the files of a dataset, to profile them or to write their rows as Arrow."""

    act: Literal["profile", "rows"]
    files: list[SourceFile]
    format: DataFormat
    blobs: str
    blobs_folder: str
    s3_endpoint: str
    """Where blobs lie, as in the settings."""
    scratch: str
    """An empty folder, which the sender removes. Rows are written to `rows.arrow` in it."""
    limits: "DataLimits"
    rows: int | None = None
    """The number of rows that are wanted; None: all."""


class DataLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Control: the limits of a process that reads data."""

    seconds: float
    memory_bytes: int
    threads: int
    rows: int
    """The most rows of an answer."""
    output_bytes: int
    """The most bytes that it writes."""


class TopValue(msgspec.Struct, frozen=True, kw_only=True):
    """One of the most frequent values of a column."""

    value: str | int | bool
    """The value."""
    count: int
    """The rows that have it."""


class ColumnProfile(msgspec.Struct, frozen=True, kw_only=True):
    """Profile of a column: fixed in size, whatever the number of rows."""

    name: str
    """The column's name."""
    type: ColumnType
    """The type of its values."""
    count: int
    """Rows."""
    gaps: int
    """Rows without a value: nulls, and of numbers NaN."""
    minimum: int | float | str | None = None
    """The smallest finite value: of dates and timestamps as ISO 8601, of texts their shortest length, which `maximum` has too."""
    maximum: int | float | str | None = None
    """The greatest finite value, as `minimum`."""
    mean: float | None = None
    """The mean of finite numbers; of booleans the share of true; of texts the mean length."""
    deviation: float | None = None
    """The standard deviation of finite numbers, of the population."""
    infinite: int = 0
    """How many numbers are infinite."""
    distinct: int | None = None
    """How many different values there are, estimated; None: not counted for this type."""
    top: list[TopValue] = []
    """The most frequent texts, booleans, or integers of a few different values, the most frequent first."""


class DataProfile(msgspec.Struct, frozen=True, kw_only=True, tag="profile", tag_field="said"):
    """The process: what the data is like."""

    rows: int
    columns: list[ColumnProfile]
    preview: list[list[Any]]
    """The first rows, as JSON has them."""
    baseline: bytes = b""
    """contracts.protocols.profiles.TableProfile of it, stored, against which records are held."""


class DataRows(msgspec.Struct, frozen=True, kw_only=True, tag="rows", tag_field="said"):
    """The process: the rows are written."""

    rows: int
    bytes: int


class DataProblem(msgspec.Struct, frozen=True, kw_only=True, tag="problem", tag_field="said"):
    """The process: why there is nothing. It never has a credential or a path of the server."""

    code: str
    detail: str
    hint: str = ""


class FoundFile(msgspec.Struct, frozen=True, kw_only=True):
    """A table's file in a connection."""

    path: str
    """The path below the connection's prefix."""
    size: int
    mark: str
    """A text that differs where the file was changed."""
    age_seconds: float
    """The time since it was last changed."""


class DataListing(msgspec.Struct, frozen=True, kw_only=True, tag="listing", tag_field="said"):
    """The process: the files of a folder, by path."""

    files: list[FoundFile]


DataAnswer = DataProfile | DataRows | DataListing | DataProblem


ConnectionKind = Literal["local", "s3", "sql", "https"]
"""Kinds of places where data lies."""


IfExists = Literal["fail", "append", "replace"]
"""The fate of rows that are there already: nothing is written, rows are added to them, rows take their place."""


class ConnectionAccess(msgspec.Struct, frozen=True, kw_only=True):
    """Control: a place in a connection, and how it is reached. It comes by standard input alone: it holds credentials."""

    kind: ConnectionKind
    settings: dict[str, str]
    """The connection's settings; of a local folder `folder` is its path on this machine."""
    credentials: dict[str, str]
    path: str
    hosts: list[str]
    """The operator's allow-list."""
    scratch: str
    """An empty folder, which the sender removes."""
    limits: DataLimits


class ConnectionOrder(ConnectionAccess, frozen=True, kw_only=True):
    """Control: read a path in a connection and write its rows as Arrow to `rows.arrow` in the scratch folder, or to `rows.parquet`."""

    rows: int | None
    """The number of rows that are wanted; None: all."""
    lists: bool = False
    """Whether the files at the path are wanted, not their rows."""
    as_parquet: bool = False
    """Whether the rows become one Parquet file."""


class ConnectionWrite(ConnectionAccess, frozen=True, kw_only=True):
    """Control: write files of rows to a path in a connection. The same key again writes nothing twice."""

    act: Literal["check", "write", "discard"]
    """check: whether it can be written. write. discard: what a write that is given up has left."""
    key: str
    """The name of the write, letters and digits."""
    if_exists: IfExists
    file: str = ""
    """The path of the rows on this machine, Parquet or, for a bucket, CSV."""
    failed: str = ""
    """The path of the rows that failed, which go to a place beside it; empty: none did."""


class DataWritten(msgspec.Struct, frozen=True, kw_only=True, tag="written", tag_field="said"):
    """The process: all rows are in their place, or nothing speaks against it."""

    rows: int


ConnectionAnswer = DataWritten | DataProblem
