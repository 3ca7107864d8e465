"""Scorings on the wire."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from unshelf.contracts.protocols.data import IfExists
from unshelf.deploy.scorings.messages import ResultFormat
from unshelf.deploy.scorings.scoring import (
    MOST_CHUNK_ROWS,
    MOST_FAILED,
    ScoringPurpose,
    ScoringState,
)
from unshelf.develop.jobs.job import DEFAULT_SECONDS, MAX_SECONDS, PRIORITIES
from unshelf.develop.jobs.schemas import CodeFile
from unshelf.foundation.web.schemas import AnswerModel, RequestModel


class ScoringRequest(RequestModel):
    """Rows to predict."""

    reference: str = Field(max_length=200, examples=["credit-risk", "credit-risk:3"])
    """The version: NAME, NAME:VERSION or NAME@ALIAS. A name alone is the main version of its release, which is recorded."""
    data: str = Field(default="", max_length=1200, examples=["data://orders@3"])
    """A dataset, or a path in a connection; empty: `files`."""
    files: list[CodeFile] = Field(default=[], max_length=1000)
    """Uploaded files, Parquet or CSV."""
    out: str = Field(default="", max_length=1200, examples=["data://orders-scored", "data://warehouse/public.scores"])
    """A dataset that gets the results as its next version, or a table or place in a connection; empty: they are kept with the scoring."""
    if_exists: IfExists = "fail"
    """The fate of rows that are there already, in a connection: nothing is written, rows are added, or take their place."""
    format: ResultFormat = "parquet"
    """The format of the results."""
    purpose: ScoringPurpose | None = None
    """`batch`: it counts as traffic; `backtest`: its rows are of the past, and monitors pass them over; null: `backtest` where the data are
    the training data of the version, else `batch`."""
    keep: list[Annotated[str, Field(max_length=1000)]] | None = Field(default=None, max_length=5000)
    """Columns of the data that the results have beside the predictions; null: all."""
    params: dict[str, Any] | None = None
    """Values of the version's parameters, by name."""
    project: str | None = Field(default=None, max_length=64)
    """The project whose job it is; null: the model's."""
    tier: str = Field(default="small", max_length=64)
    """The hardware: as many processes as it has cores."""
    priority: int = Field(default=0, ge=PRIORITIES[0], le=PRIORITIES[-1])
    """Higher ones go first among your own jobs in the project."""
    chunk: int | None = Field(default=None, ge=1, le=MOST_CHUNK_ROWS)
    """Rows that are scored and kept at a time: what a kill costs at most; null: 10,000, and up to 50,000 of a table of millions of rows."""
    batch: int | None = Field(default=None, ge=1, le=MOST_CHUNK_ROWS)
    """Rows that are predicted together; null: as many as the version's check proved to change no answer, at most 1,000."""
    most_failed: int = Field(default=MOST_FAILED, ge=0, le=1 << 40)
    """The rows that may fail before it is given up."""
    seconds: float = Field(default=DEFAULT_SECONDS, ge=1, le=MAX_SECONDS)
    """Seconds that an attempt of its job may take."""
    name: str = Field(default="", max_length=200)
    """A title; empty: the version."""
    key: Annotated[str, Field(min_length=16, max_length=64)] | None = None
    """A random text that names this request: the same one again begins nothing new and gives the scoring that it began."""


class ScoringProgress(AnswerModel):
    """How far the program of a scoring is."""

    scored: int
    """Rows that have an answer, failed ones among them."""
    failed: int
    """Rows that failed."""
    rows_a_second: float | None
    """Rows a second since its program began; null: not known yet."""
    seconds_left: float | None
    """An estimate; null: not known yet."""


class ResultFile(AnswerModel):
    """A file of results."""

    path: str
    """The name."""
    sha256: str
    """The SHA-256 of its content."""
    size: int
    """The bytes."""


class FailedRow(AnswerModel):
    """A row that failed."""

    row: int
    """The row of the data, counted from 0."""
    code: str
    """The problem's code."""
    column: str | None
    """The column that is at fault; null: none alone."""
    expected: str | None
    """The values that it takes."""
    got: str | None
    """The value that was there."""
    detail: str
    """A sentence on it; where the model raised, its error."""


class ScoringSummary(AnswerModel):
    """A scoring in a list."""

    id: str
    """The id."""
    name: str
    """The title."""
    project: str
    """The project."""
    model: str
    """The model."""
    version: int
    """The version that scores."""
    reference: str
    """The version as it was asked for."""
    data: str
    """The data as it was asked for; empty: uploaded files."""
    source: str
    """The data that is read: the dataset with its version, the path in a connection, or names of files."""
    out: str
    """Where the results are wanted; empty: here alone."""
    state: ScoringState
    """How far it is: reading the data, scoring by its job, writing the results, or how it ended."""
    reason: str
    """Why it ended as it did; empty: nothing is to be said."""
    tier: str
    """The hardware."""
    job: str | None
    """The job; null: the data is not read yet."""
    job_state: str | None
    """How far the job is."""
    rows: int | None
    """The rows of the data; null: it is not read yet."""
    scored: int | None
    """Rows that were predicted; null: it has not ended well."""
    failed: int | None
    """Rows that failed."""
    progress: ScoringProgress | None
    """null: its program does not run."""
    created_at: datetime
    """When it was begun."""
    created_by: str
    """The label of who began it."""
    started_at: datetime | None
    """When its program began."""
    ended_at: datetime | None
    """When it ended; null: it has not."""


class ScoringView(ScoringSummary):
    """A scoring."""

    written: str
    """Where the results went; empty: they are here alone."""
    if_exists: IfExists
    """The fate of rows that are there already, in a connection: nothing is written, rows are added, or take their place."""
    format: ResultFormat
    """The format of the results."""
    keep: list[str] | None
    """Columns of the data that the results have; null: all."""
    params: dict[str, Any] | None
    """Values of the version's parameters."""
    priority: int
    """The priority."""
    chunk: int | None
    """Rows that are scored and kept at a time; null: the data, which is not read yet, says how many."""
    batch: int
    """Rows that are predicted together."""
    most_failed: int
    """The rows that may fail before it is given up."""
    unused: list[str]
    """Columns of the data that the version does not take."""
    files: list[ResultFile]
    """The results: `predictions.FORMAT`, and where rows failed `failed.FORMAT`."""
    failures: list[FailedRow]
    """The first hundred rows that failed."""
    columns: list[str]
    """The columns of the predictions' file."""
    preview: list[list[Any]]
    """The first rows of that file."""
    parent: str | None
    """The scoring that it is a repetition of."""


class ScoringList(AnswerModel):
    """Scorings, the newest first."""

    scorings: list[ScoringSummary]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""
