"""Messages between control and the processes that it starts for prediction records: JSON on standard input and output."""

from typing import Any

import msgspec


class Compacted(msgspec.Struct, frozen=True, kw_only=True):
    """The compaction process, a line for each segment: what became of it."""

    segment: str
    records: int
    files: int
    torn_bytes: int
    """Bytes of an incomplete record: the tail of a gateway that was killed while it wrote, which was never answered."""
    kept_aside: bool
    """Whether sound records followed broken bytes, which no gateway leaves: the segment stays as `.damaged`."""
    days: list[str] = []
    """The days (UTC) that its records are of, in order."""


class SqlQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Control: a query over prediction records, and the limits of its process."""

    sql: str
    folder: str
    """The folder of the predictions."""
    predictions: str = "files"
    s3_endpoint: str = ""
    """Where the archive lies, as in the settings."""
    models: list[str] | None
    """Glob patterns of the models whose records may be read; None: all."""
    model: str | None
    """The one model that the query is about; None: all that may be read."""
    run_folder: str
    scratch: str
    """An empty folder, which the sender removes."""
    seconds: float
    memory_bytes: int
    threads: int
    rows: int
    """The largest number of rows in the result."""
    answer_bytes: int
    """The largest size of the result."""
    parquet: str = ""
    """The name of a file in `scratch` that the rows are written into as Parquet, with their types; empty: they are in the result."""


class SqlResult(msgspec.Struct, frozen=True, kw_only=True, tag="answer", tag_field="said"):
    """The query's process: the rows."""

    columns: list[dict[str, str]]
    """Each with `name` and `type`."""
    rows: list[list[Any]]
    truncated: bool
    """Whether there were more rows than the limits allow."""
    seconds: float
    left_out: list[str] = []
    """The keys of files that can't be read, whose records are missing."""


class SqlRejection(msgspec.Struct, frozen=True, kw_only=True, tag="rejection", tag_field="said"):
    """The query's process: why there are no rows."""

    code: str
    detail: str
    hint: str = ""
    again: bool = False
    """Whether files changed while they were read, so that the same query may succeed at once."""
