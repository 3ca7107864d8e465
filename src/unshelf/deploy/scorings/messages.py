"""Messages between control and the short-lived processes of a scoring: JSON on standard input and output."""

from typing import Any, Literal

import msgspec

from unshelf.contracts.bundle import BundleFile, Recording
from unshelf.contracts.protocols.data import DataLimits, DataProblem
from unshelf.contracts.signature import Signature

ResultFormat = Literal["parquet", "csv"]


class BlobPlace(msgspec.Struct, frozen=True, kw_only=True):
    """The place of blobs, as in the settings."""

    setting: str
    folder: str
    s3_endpoint: str


class RowSource(msgspec.Struct, frozen=True, kw_only=True):
    """Files with the rows to score."""

    files: list[BundleFile]
    format: Literal["parquet", "csv", "arrow"]
    """How they are written; arrow: one file, a stream that a connection was read into."""
    texts: list[str] = []
    """Columns of CSV that are read as text."""


class ReadRows(msgspec.Struct, frozen=True, kw_only=True):
    """Control: write the rows of a source as chunks for the version's program."""

    source: RowSource
    signature: Signature
    params: dict[str, Any] | None
    chunk_rows: int | None
    """Rows of a chunk; None: as the number of rows says."""
    most_chunks: int
    most_rows: int | None = None
    """The first rows that are read, the others being left; None: all are."""
    batch_rows: int
    """Rows that are predicted together."""
    is_half: bool = False
    """Whether only every second chunk is stored, from the second on, for a process that stores the others."""
    plan: dict[str, Any]
    """The plan of the version's program, to which the rows of each chunk are added."""
    blobs: BlobPlace
    scratch: str
    limits: DataLimits


class RowsRead(msgspec.Struct, frozen=True, kw_only=True, tag="read", tag_field="said"):
    """The process: the chunks are blobs."""

    rows: int
    files: list[BundleFile]
    """The plan and the chunks."""
    columns: list[str]
    """The columns of the source."""
    unused: list[str]
    """The columns that the version does not take."""
    texts: list[str]
    """Columns of CSV that were read as text, and are to be once more."""


class ScoredRows(msgspec.Struct, frozen=True, kw_only=True):
    """Facts that the records of a scoring have in common."""

    model: str
    version: int
    reference: str
    actor: str
    params: dict[str, Any] | None
    recording: Recording
    purpose: Literal["batch", "backtest"] = "batch"


class WriteResults(msgspec.Struct, frozen=True, kw_only=True):
    """Control: make the results and the records of what the version's program left."""

    source: RowSource
    signature: Signature
    chunks: list[BundleFile]
    answers: list[BundleFile]
    chunk_rows: list[int]
    keep: list[str] | None
    """The columns of the source that results have; None: all."""
    format: ResultFormat
    scored: ScoredRows
    staging: str
    """The folder in which segments of records are left, to be published by control."""
    latest_ns: int
    """When the latest record came that is there; see name_segment."""
    blobs: BlobPlace
    scratch: str
    limits: DataLimits


class ResultsWritten(msgspec.Struct, frozen=True, kw_only=True, tag="written", tag_field="said"):
    """The process: the results are blobs, and the records lie in the staging folder."""

    scored: int
    failed: int
    predictions: BundleFile
    failures: BundleFile | None
    """None: no row failed."""
    segments: list[str]
    """Names of the segments in the staging folder."""
    first_failures: list[dict[str, Any]]
    """The first rows that failed: `row`, `code`, `column`, `expected`, `got`, `detail`."""
    columns: list[str]
    """The columns of the predictions' file."""
    preview: list[list[Any]]
    """The first rows of that file, as JSON has them."""


ReadAnswer = RowsRead | DataProblem
WriteAnswer = ResultsWritten | DataProblem
