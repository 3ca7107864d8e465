"""Messages between control and the short-lived process that reads files of records: JSON on standard input and output."""

from typing import Literal

import msgspec

from unshelf.contracts.protocols.data import DataLimits, DataProblem
from unshelf.contracts.signature import Signature


class RecordColumns(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The columns of a table that hold what is no input; empty: the usual ones, where they have no other meaning."""

    id: str = ""
    """The sender's id of the prediction: `record_id`, `prediction_id` or `id`. Without one the row itself tells it from others."""
    time: str = ""
    """The moment: `record_time`, `predicted_at`, `timestamp` or `time`."""
    outputs: dict[str, str] = {}
    """Output → column; else an output's own name, `output` or `prediction`."""
    latency_ms: str = ""
    """`latency_ms`."""
    error: str = ""
    """`error`."""


class ReadRecords(msgspec.Struct, frozen=True, kw_only=True):
    """Control: write the rows of a table as records, a line of JSON each, into `records.jsonl` of the scratch folder."""

    file: str
    """The path of the table."""
    format: Literal["parquet", "arrow"]
    signature: Signature
    columns: RecordColumns
    salt: str
    """A text that ids of rows without one are made with, so that the same row of the same place is one record; empty: they get none."""
    scratch: str
    limits: DataLimits


class RecordsRead(msgspec.Struct, frozen=True, kw_only=True, tag="read", tag_field="said"):
    """The process: the lines are written."""

    rows: int


RecordAnswer = RecordsRead | DataProblem
RECORDS_FILE = "records.jsonl"
