"""Scorings as services know them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.protocols.data import IfExists
from unshelf.deploy.scorings.messages import ResultFormat
from unshelf.develop.jobs.job import DEFAULT_SECONDS

ScoringState = Literal["reading", "scoring", "writing", "succeeded", "failed", "cancelled"]
"""reading: the data. scoring: its job waits or runs. writing: the results. The last three are final."""
ENDED: tuple[ScoringState, ...] = ("succeeded", "failed", "cancelled")
CHUNK_ROWS, LARGE_CHUNK_ROWS = 10_000, 50_000
FEW_CHUNKS = 200
MOST_CHUNK_ROWS = 200_000
MOST_CHUNKS = 9_000
"""A job reads at most 10,000 files."""
BATCH_ROWS = 1_000
MOST_FAILED = 10_000
ScoringPurpose = Literal["batch", "backtest"]
"""batch: what comes of it is used, so that it counts as traffic. backtest: the rows are of the past, and it does not."""


@dataclass(frozen=True, kw_only=True)
class ScoringOrder:
    """Rows that somebody wants to have predicted."""

    reference: str
    """The version: NAME, NAME:VERSION or NAME@ALIAS; of a name alone the one that has most of its release."""
    data: str
    """`data://…`; empty where files were uploaded."""
    files: Sequence[BundleFile] = ()
    out: str = ""
    """`data://NAME`, a new version of a dataset, or `data://CONNECTION/path`; empty: the results are kept with the scoring."""
    if_exists: IfExists = "fail"
    """The fate of rows that are at that path already."""
    format: ResultFormat = "parquet"
    keep: Sequence[str] | None = None
    """The columns of the data that results have; None: all."""
    params: Mapping[str, Any] | None = None
    project: str | None = None
    """The project whose job it is; None: the model's."""
    tier: str = "small"
    priority: int = 0
    chunk: int | None = None
    """Rows that are scored, and kept, at a time; None: CHUNK_ROWS, and more of a table of millions of rows, so that there are no
    thousands of chunks."""
    batch: int | None = None
    """Rows that are predicted together; None: as many as the check proved to change nothing, else 1,000."""
    purpose: ScoringPurpose | None = None
    """None: `backtest` where the data are the version's own training data, else `batch`."""
    most_failed: int = MOST_FAILED
    """The rows that may fail before it is given up."""
    seconds: float = DEFAULT_SECONDS
    name: str = ""
    parent: str | None = None
    key: str | None = None


@dataclass(frozen=True, kw_only=True)
class RowProgress:
    """How far a scoring is."""

    scored: int
    failed: int
    rows_a_second: float | None
    """None: not known yet."""
    seconds_left: float | None


@dataclass(frozen=True, kw_only=True)
class Scoring:
    """A scoring."""

    id: str
    name: str
    project: str
    model: str
    version: int
    reference: str
    data: str
    source: str
    """The data that it read: the dataset with its version, the path in a connection, or the names of files."""
    out: str
    written: str
    """Where the results went: the dataset with its version, or the path in a connection; empty: nowhere but here."""
    if_exists: IfExists
    format: ResultFormat
    keep: list[str] | None
    params: dict[str, Any] | None
    tier: str
    priority: int
    chunk: int | None
    """None: as many as the data asks for, which is not read yet."""
    batch: int
    most_failed: int
    state: ScoringState
    reason: str
    job: str | None
    job_state: str | None
    rows: int | None
    """None: the data is not read yet."""
    progress: RowProgress | None
    """None: its program does not run."""
    scored: int | None
    failed: int | None
    unused: list[str]
    files: list[BundleFile]
    """Results: `predictions.FORMAT`, and `failed.FORMAT` where rows failed."""
    failures: list[dict[str, Any]]
    """The first rows that failed."""
    columns: list[str]
    preview: list[list[Any]]
    parent: str | None
    created_at: datetime
    created_by: str
    started_at: datetime | None
    ended_at: datetime | None
