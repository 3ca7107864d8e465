"""Benches on the wire."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from unshelf.deploy.benches.bench import (
    CALLERS,
    MOST_CALLERS,
    MOST_ROWS,
    MOST_SECONDS,
    SECONDS,
    WARMUP_SECONDS,
    BenchState,
    RowSourceName,
    TierState,
)
from unshelf.develop.jobs.schemas import CodeFile
from unshelf.foundation.web.schemas import AnswerModel, RequestModel


class BenchRequest(RequestModel):
    """A version to measure."""

    reference: str = Field(max_length=200, examples=["credit-risk", "credit-risk:3"])
    """The version: NAME, NAME:VERSION or NAME@ALIAS. A name alone is the main version of its release, which is recorded."""
    tiers: list[Annotated[str, Field(max_length=64)]] = Field(default=[], max_length=50, examples=[["small", "medium"]])
    """The tiers to measure on, one after the other; empty: all that one may use."""
    data: str = Field(default="", max_length=1200, examples=["data://orders@3"])
    """A dataset whose rows are sent; empty: `files`, else the version's example, else rows made from its baseline or signature."""
    files: list[CodeFile] = Field(default=[], max_length=1000)
    """Uploaded files with rows, Parquet or CSV."""
    rows: int = Field(default=1, ge=1, le=MOST_ROWS)
    """The rows of a request."""
    callers: int = Field(default=CALLERS, ge=1, le=MOST_CALLERS)
    """How many callers there are at a time in the second measurement; the first has one."""
    seconds: float = Field(default=SECONDS, ge=0.1, le=MOST_SECONDS)
    """How long each measurement takes."""
    warmup: float = Field(default=WARMUP_SECONDS, ge=0, le=MOST_SECONDS)
    """How long the version is called before that, in seconds."""
    params: dict[str, Any] | None = None
    """Values of the version's parameters, by name."""
    project: str | None = Field(default=None, max_length=64)
    """The project whose jobs they are; null: the model's."""
    key: Annotated[str, Field(min_length=16, max_length=64)] | None = None
    """A random text that names this request: the same one again begins nothing new and gives the bench that it began."""


class BenchMeasure(AnswerModel):
    """The measurement of one number of callers on a tier. Milliseconds are from sending a request to having its whole answer."""

    callers: int
    """Callers at a time, each of which waits for its answer before it asks again."""
    requests: int
    """Requests that were answered with a prediction."""
    failed: int
    """Requests that were answered with a problem."""
    problem: str
    """The first of these problems."""
    seconds: float
    """From the first request to the last answer."""
    requests_a_second: float
    """Requests answered in a second."""
    rows_a_second: float
    """Rows predicted in a second."""
    mean_ms: float
    """The mean time of a request."""
    p50_ms: float
    """The time that half of the requests do not exceed."""
    p95_ms: float
    """The time that 95 % of the requests do not exceed."""
    p99_ms: float
    """The time that 99 % of the requests do not exceed."""
    max_ms: float
    """The longest time."""
    began: float
    """When it began, as Unix time."""
    cpu_seconds: float
    """CPU time of the worker."""
    callers_cpu_seconds: float
    """CPU time of the callers, which run on the same tier."""
    others_cores: float | None
    """The cores' worth of time that other work on the machine took meanwhile; null: the system does not tell."""
    cost: float | None
    """The cost of 1,000 such requests at this rate; null: nothing has a price."""


class BenchMachine(AnswerModel):
    """The machine on which it was measured."""

    processor: str
    """The processor's name; empty: the system does not tell."""
    cores: int
    """Cores that the program could use."""
    memory_bytes: int
    """The machine's memory."""
    kernel: str
    """The kernel's release."""


class BenchTierResult(AnswerModel):
    """Everything that was measured on a tier."""

    load_seconds: float
    """How long loading the model took."""
    limits: list[str]
    """The limits that really held."""
    memory_bytes: int
    """The most memory that the worker had."""
    machine: BenchMachine
    """The machine."""
    rows: int
    """The rows of a request."""
    warmup_requests: int
    """Requests of the warm-up."""
    source: RowSourceName
    """The rows that were sent: given ones, the version's example, or rows made from its baseline or its signature."""
    requests_made: int
    """How many different requests were sent in turn."""
    body_bytes: int
    """The mean size of a request's body."""
    measures: list[BenchMeasure]
    """One caller at a time, then several."""


class BenchTier(AnswerModel):
    """One tier of a bench."""

    tier: str
    """The tier."""
    state: TierState
    """How far it is; unfit: the version has no place on it, and nothing was run."""
    reason: str
    """Why it is not measured; empty: nothing is to be said."""
    job: str | None
    """The job that measures; null: there is none."""
    price: float | None
    """The price of the tier an hour when it was measured; null: it had none."""
    result: BenchTierResult | None
    """The measurements; null: there are none."""


class BenchView(AnswerModel):
    """A bench."""

    id: str
    """The id."""
    project: str
    """The project."""
    model: str
    """The model."""
    version: int
    """The version that is measured."""
    reference: str
    """The version as it was asked for."""
    state: BenchState
    """How far it is: waiting for benches before it, measuring, or how it ended."""
    reason: str
    """Why it ended as it did, or what it waits for; empty: nothing is to be said."""
    data: str
    """The rows that were given: a dataset with its version, or names of files; empty: the version's own."""
    rows: int
    """The rows of a request."""
    callers: int
    """Callers at a time in the second measurement."""
    seconds: float
    """How long each measurement takes."""
    warmup: float
    """How long the version is called before that."""
    params: dict[str, Any] | None
    """Values of the version's parameters."""
    currency: str
    """The currency of prices."""
    tiers: list[BenchTier]
    """The tiers, in the order in which they are measured."""
    created_at: datetime
    """When it was begun."""
    created_by: str
    """The label of who began it."""
    started_at: datetime | None
    """When the first tier's turn came."""
    ended_at: datetime | None
    """When it ended; null: it has not."""


class BenchList(AnswerModel):
    """Benches, the newest first."""

    benches: list[BenchView]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""
