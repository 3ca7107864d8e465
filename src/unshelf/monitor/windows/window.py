"""Windows of records as values: profiles of their columns, facts of their traffic, and the reference that they are held against.

Columns of profiles are named `in:NAME` for inputs and `out:NAME` for outputs, NAME as in the signature."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from unshelf.contracts.problems import CODES
from unshelf.contracts.protocols.profiles import TableProfile

INPUT, OUTPUT = "in:", "out:"
"""How the names of columns begin."""
FIRST_REQUESTS = 1000
"""The requests that are the reference where there is no baseline."""
HOUR_SECONDS = 3600
_FAILED = 500
"""From which status on a request failed through no fault of its caller's."""
ReferenceKind = Literal["baseline", "first_requests"]
"""The profile of the training data, or of the first requests that were recorded."""


def input_column(name: str) -> str:
    """Return the name of an input's column in profiles."""
    return f"{INPUT}{name}"


def output_column(name: str) -> str:
    """Return the name of an output's column in profiles."""
    return f"{OUTPUT}{name}"


def score_column(place: int, class_name: str) -> str:
    """Return the name in profiles of a recorded score: the place in SQL, which counts from 1, and the name of the class."""
    return f"{OUTPUT}scores[{place + 1}] {class_name}"


def is_refusal(code: str) -> bool:
    """Whether a problem's code, or a status where it had none, is of a request that was refused for a fault of its caller's."""
    status = CODES.get(code) or (int(code) if code.isdecimal() else _FAILED)
    return status < _FAILED


@dataclass(frozen=True, kw_only=True)
class WindowReference:
    """The profile that windows of a version are held against."""

    model: str
    version: int
    kind: ReferenceKind
    """`baseline` where the inputs' profiles are the training data's."""
    profile: TableProfile
    rows: int
    """Rows of the baseline, or of the first requests."""
    made_at: datetime
    kinds: Mapping[str, ReferenceKind] = field(default_factory=dict)
    """Column → whose profile it has: the outputs of a version with a baseline have that of its first requests, once there are enough."""


@dataclass(frozen=True, kw_only=True)
class TimeQuantiles:
    """Quantiles of the time from a whole request to its record, in milliseconds."""

    p50: float
    p95: float
    p99: float
    mean: float
    maximum: float


@dataclass(frozen=True, kw_only=True)
class WindowFacts:
    """Traffic of a window: requests of the purposes `live` and `batch`, whatever their outcome."""

    requests: int
    rows: int
    """Rows of the requests that were answered; 0 where those of none are known."""
    errors: Mapping[str, int]
    """Requests that were not answered, by the code of their problem."""
    latency: TimeQuantiles | None = None
    """None: nothing was answered."""
    queue: TimeQuantiles | None = None
    """The same of the part that was spent waiting for a worker."""

    @property
    def failed(self) -> int:
        """The number of requests that were not answered."""
        return sum(self.errors.values())

    @property
    def refused(self) -> int:
        """The part of these that were refused for a fault of their caller's, such as input that does not fit."""
        return sum(count for code, count in self.errors.items() if is_refusal(code))

    @property
    def answered(self) -> int:
        """The number of requests that were answered."""
        return self.requests - self.failed


@dataclass(frozen=True, kw_only=True)
class Window:
    """Records of a model, or of one version, in a range of time."""

    model: str
    version: int | None
    """None: all versions together."""
    since: datetime
    """The beginning of an hour, in UTC."""
    until: datetime
    """The end of an hour, in UTC; exclusive."""
    profile: TableProfile
    """The columns of the answered requests. Columns whose kinds differ between versions are left out of a window of all."""
    facts: WindowFacts


@dataclass(frozen=True, kw_only=True)
class ColumnSummary:
    """A column within an hour or a day, in short."""

    column: str
    kind: Literal["number", "category", "text", "time", "tensor"]
    rows: int
    gaps: int
    minimum: float | None = None
    """Numbers: the least; times: Unix seconds; texts: the fewest characters; tensors: the least mean."""
    maximum: float | None = None
    mean: float | None = None
    p10: float | None = None
    p50: float | None = None
    p90: float | None = None
    top: tuple[tuple[str, int], ...] = ()
    """Categories: the most frequent values, and their rows."""
    distance: float | None = None
    """The Jensen-Shannon distance from the reference, 0 to 1, less the part that chance has with as few rows; None: there was no
    reference when it was counted."""
    drifted: bool = False
    """Whether it is large, and more than chance among all columns (see monitor.drift)."""


@dataclass(frozen=True, kw_only=True)
class HourFacts:
    """Traffic of an hour, or of a day, of one version, or of all."""

    start: datetime
    version: int | None
    hours: int
    """1 or 24."""
    facts: WindowFacts
    columns: tuple[ColumnSummary, ...] = ()
    """Summaries of columns, of one version alone."""
