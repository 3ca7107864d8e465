"""Benches as services know them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from unshelf.contracts.bundle import BundleFile

BenchState = Literal["waiting", "measuring", "succeeded", "failed", "cancelled"]
"""waiting: for benches before it, since one at a time is measured. measuring: one tier after the other. The last three are final."""
ENDED: tuple[BenchState, ...] = ("succeeded", "failed", "cancelled")
TierState = Literal["waiting", "measuring", "measured", "failed", "unfit", "cancelled"]
"""unfit: the version has no place on the tier, or the tier none on the machine, so that nothing was run."""
RowSourceName = Literal["data", "example", "baseline", "signature"]
"""The rows that are sent: those that were given, the version's example, rows made from its baseline, or made up from its signature."""
CALLERS, MOST_CALLERS = 8, 256
SECONDS, MOST_SECONDS = 3.0, 60.0
WARMUP_SECONDS = 1.0
MOST_ROWS = 10_000
"""The most rows of a request, and of the data that are read."""
_Amount = Annotated[float, msgspec.Meta(ge=0, le=1e18)]
_Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 60)]
_Text = Annotated[str, msgspec.Meta(max_length=2000)]


@dataclass(frozen=True, kw_only=True)
class BenchOrder:
    """A version that somebody wants to have measured."""

    reference: str
    """The version: NAME, NAME:VERSION or NAME@ALIAS; of a name alone the one that has most of its release."""
    tiers: Sequence[str] = ()
    """The tiers to measure on; empty: all that the actor may use."""
    data: str = ""
    """`data://NAME`; empty: uploaded files, else the version's own rows."""
    files: Sequence[BundleFile] = ()
    rows: int = 1
    """The rows of a request."""
    callers: int = CALLERS
    """The callers of the second measurement of each tier; the first has one."""
    seconds: float = SECONDS
    """How long each measurement takes."""
    warmup: float = WARMUP_SECONDS
    """How long the version is called before that."""
    params: Mapping[str, Any] | None = None
    project: str | None = None
    """The project whose jobs they are; None: the model's."""
    key: str | None = None


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """The measurement of one number of callers, as the program of the job wrote it. Milliseconds are from sending a request to having its
    whole answer."""

    callers: Annotated[int, msgspec.Meta(ge=1, le=MOST_CALLERS)]
    requests: _Count
    """Requests that were answered with a prediction."""
    failed: _Count
    """Requests that were answered with a problem."""
    problem: _Text = ""
    """The first of these problems."""
    seconds: _Amount
    requests_a_second: _Amount
    rows_a_second: _Amount
    mean_ms: _Amount
    p50_ms: _Amount
    p95_ms: _Amount
    p99_ms: _Amount
    max_ms: _Amount
    began: _Amount
    """Unix time."""
    cpu_seconds: _Amount
    """CPU time of the worker."""
    callers_cpu_seconds: _Amount
    """CPU time of the callers, which share the tier's cores with it."""
    others_cores: _Amount | None
    """The cores' worth of time that other work on the machine took meanwhile; None: the system does not tell."""
    cost: float | None = None
    """The cost of 1,000 such requests; None: nothing has a price. Control adds it."""


class MeasuredMachine(msgspec.Struct, frozen=True, kw_only=True):
    """The machine on which it was measured."""

    processor: Annotated[str, msgspec.Meta(max_length=200)]
    cores: _Count
    memory_bytes: _Count
    kernel: Annotated[str, msgspec.Meta(max_length=200)]


class TierResult(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was measured on a tier."""

    load_seconds: _Amount
    limits: Annotated[list[_Text], msgspec.Meta(max_length=20)]
    """The limits that really held, as people read them."""
    memory_bytes: _Count
    """The most memory that the worker had."""
    machine: MeasuredMachine
    rows: _Count
    """The rows of a request."""
    warmup_requests: _Count
    source: RowSourceName
    requests_made: _Count
    """How many different requests were sent in turn."""
    body_bytes: _Count
    """The mean size of a request's body."""
    measures: Annotated[list[Measure], msgspec.Meta(min_length=1, max_length=8)]


class TierLine(msgspec.Struct, frozen=True, kw_only=True):
    """One tier of a bench."""

    tier: str
    state: TierState = "waiting"
    reason: str = ""
    """A sentence on why it is not measured."""
    job: str | None = None
    price: float | None = None
    """The price of the tier an hour when it was measured; None: it had none, and the prices of resources counted."""
    result: TierResult | None = None


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A bench."""

    id: str
    project: str
    model: str
    version: int
    reference: str
    state: BenchState
    reason: str
    data: str
    """The rows that were given: a dataset with its version, or names of files; empty: the version's own."""
    rows: int
    callers: int
    seconds: float
    warmup: float
    params: dict[str, Any] | None
    currency: str
    tiers: list[TierLine]
    created_at: datetime
    created_by: str
    started_at: datetime | None
    ended_at: datetime | None
