"""Checks of versions on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from unshelf.foundation.web.schemas import AnswerModel, RequestModel

MOST_ROWS = 10_000


class CheckRequest(RequestModel):
    """Rows to check a version with: `data` or `rows`."""

    data: str | None = Field(default=None, max_length=1200, examples=["data://holdout@2"])
    """A reference to data that the actor may read; null: `rows` has them."""
    rows: Annotated[list[Any], Field(min_length=1, max_length=MOST_ROWS)] | None = None
    """Rows as in the body of a prediction; null: `data` leads to them."""
    most_rows: int = Field(default=1000, ge=1, le=MOST_ROWS)
    """The number of first rows that are read from `data`."""
    label: str | None = Field(default=None, min_length=1, max_length=200)
    """The column of the rows that holds the truth, which the model is not given; null: there is none."""
    output: str | None = Field(default=None, min_length=1, max_length=200)
    """The member of outputs that are objects which the label is held against."""


class CheckFailure(AnswerModel):
    """A row that the version did not answer."""

    row: int
    """The row's place, from 0."""
    code: str
    """The code of the problem that a caller would have been answered with."""
    detail: str
    """The fault, without the row's values."""


class CheckLatency(AnswerModel):
    """Milliseconds from asking to the answer, over all rows that were asked, one at a time."""

    median: float
    """Half of the rows took less."""
    p95: float
    """95 in 100 took at most this long."""
    slowest: float
    """The longest."""


class CheckQuality(AnswerModel):
    """How well outputs fit the labels."""

    kind: Literal["classes", "scores", "numbers"]
    """classes: outputs are labels themselves; scores: probabilities of the label 1; numbers: outputs and labels are measures."""
    rows: int
    """The rows that have a label and an answer."""
    figures: dict[str, float]
    """Name → value. Of classes `accuracy` and `mean_recall`; of scores `accuracy` (at 0.5), `brier` and `auc`; of numbers
    `mean_absolute_error`, `root_mean_squared_error`, `mean_error` and `r2`."""
    confusion: list[dict[str, Any]]
    """For classes and scores: `label`, `output` and how many `rows`, the most frequent first."""


class CheckDetail(AnswerModel):
    """A check of a version with somebody's own data."""

    id: str
    """Sorts by time."""
    model: str
    """The model."""
    version: int
    """The version's number."""
    started_at: datetime
    """When it began."""
    started_by: str
    """The label of the actor who ran it."""
    seconds: float
    """How long it took."""
    data: str
    """The reference that the rows were read by; empty: rows that came with the request."""
    label: str
    """The column that holds the truth; empty: there is none."""
    rows: int
    """The rows that were asked."""
    answered: int
    """The rows that the version answered."""
    not_asked: int
    """Rows that were left out, because the time for the check was over."""
    failed: dict[str, int]
    """Code of a problem → how many rows it is the outcome of."""
    failures: list[CheckFailure]
    """The first of them."""
    unused: list[str]
    """Columns of the data that the version does not take; it was not given them."""
    latency: CheckLatency | None
    """The time that answers took."""
    quality: CheckQuality | None
    """Figures of quality; null: there is no label, or nothing that it could be held against."""
    note: str
    """Why there is no quality although there is a label; empty: nothing is to be said."""


class CheckList(AnswerModel):
    """Checks of a version, the newest first."""

    checks: list[CheckDetail]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""
