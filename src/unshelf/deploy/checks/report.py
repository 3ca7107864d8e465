"""Reports of checks, as values."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

QualityKind = Literal["classes", "scores", "numbers"]


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A row that the version did not answer."""

    row: int
    """The row's place, from 0."""
    code: str
    """The code of the problem that a caller would have been answered with."""
    detail: str
    """The fault, without the row's values."""


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Milliseconds from asking to the answer, over all rows that were asked, one at a time."""

    median: float
    p95: float
    slowest: float


@dataclass(frozen=True, kw_only=True)
class Quality:
    """How well outputs fit the labels."""

    kind: QualityKind
    """classes: outputs are labels themselves; scores: probabilities of the label 1; numbers: outputs and labels are measures."""
    rows: int
    """The rows that have a label and an answer."""
    figures: dict[str, float]
    confusion: list[dict[str, Any]] = field(default_factory=list)
    """For classes and scores: `label`, `output` and how many `rows`, the most frequent first."""


@dataclass(frozen=True, kw_only=True)
class CheckReport:
    """A check of a version with somebody's own data."""

    id: str
    model: str
    version: int
    started_at: datetime
    started_by: str
    seconds: float
    data: str
    """The reference that the rows were read by; empty: rows that came with the request."""
    label: str
    """The column that holds the truth; empty: there is none."""
    rows: int
    """The rows that were asked."""
    answered: int
    not_asked: int
    """Rows that were left out, because the time for the check was over."""
    failed: dict[str, int]
    """Code of a problem → how many rows it is the outcome of."""
    failures: list[Failure]
    """The first of them."""
    unused: list[str]
    """Columns of the data that the version does not take."""
    latency: Latency | None
    """None: nothing was asked."""
    quality: Quality | None
    note: str
    """Why there is no quality, or what else is to be known of it; empty: nothing."""
