"""Sweeps on the wire."""

from datetime import datetime
from typing import Any

from pydantic import Field

from unshelf.develop.sweeps.service import FOLDS, MOST_PARALLEL
from unshelf.develop.sweeps.space import MOST_TRIALS
from unshelf.develop.sweeps.sweep import Strategy, SweepState, TrialState
from unshelf.foundation.web.schemas import AnswerModel, RequestModel


class SweepRequest(RequestModel):
    """A sweep to begin."""

    job: str
    """The id of the job to run again with other parameters."""
    space: dict[str, Any] = Field(examples=[{"depth": [3, 5, 7], "rate": {"low": 0.001, "high": 1, "log": True}}])
    """The values of each parameter: a list of values, or `{low, high}` with `step` or `log`."""
    objective: str = Field(examples=["accuracy"])
    """The field of the job's results that is compared."""
    name: str = Field(default="", max_length=200)
    """A title; empty: made from the parameters."""
    strategy: Strategy = "random"
    """`grid`: every combination; `random`: draws; `search`: each proposed by what was reached so far."""
    trials: int | None = Field(default=None, ge=1, le=MOST_TRIALS)
    """How many combinations to try; null: all of a grid, else 20."""
    parallel: int = Field(default=10, ge=1, le=MOST_PARALLEL)
    """How many at a time."""
    folds: int | None = Field(default=None, ge=FOLDS[0], le=FOLDS[-1])
    """Have each combination be as many jobs, which get the parameters `fold` (0, 1, …) and `folds`, and be judged by their mean."""
    maximize: bool = True
    """Whether more is better."""
    seed: int = Field(default=0, ge=0, le=2**31)
    """The number that draws begin with: the same one draws the same."""


class TrialView(AnswerModel):
    """One combination, and how it did."""

    number: int
    """0, 1, … in the order in which they began."""
    parameters: dict[str, Any]
    """The combination."""
    state: TrialState
    """Whether it runs, reached something, or failed."""
    value: float | None
    """The value that it reached: the mean over its folds; null: it runs, or failed."""
    spread: float | None
    """The standard deviation over its folds; null: there is none."""
    reason: str
    """Why it failed; empty: it did not."""
    jobs: list[str | None]
    """The ids of its jobs, one a fold; null: it was not submitted yet."""


class SweepView(AnswerModel):
    """The same job with many parameters."""

    id: str
    """The id of the sweep."""
    name: str
    """The title."""
    project: str
    """The project that it belongs to."""
    job: str
    """The job that is run again."""
    strategy: Strategy
    """How combinations are chosen."""
    space: dict[str, Any]
    """The values of each parameter."""
    trials: int
    """How many combinations are tried."""
    parallel: int
    """How many at a time."""
    folds: int | None
    """How many jobs a combination is; null: one."""
    objective: str
    """The field of the results that is compared."""
    maximize: bool
    """Whether more is better."""
    seed: int
    """The number that draws began with."""
    state: SweepState
    """Whether it runs, and how it ended."""
    reason: str
    """Why it failed, or who cancelled it; empty: neither."""
    created_at: datetime
    """When it began."""
    created_by: str
    """The label of the actor who began it."""
    ended_at: datetime | None
    """When it ended; null: it runs."""
    done: int
    """How many trials reached something."""
    failed: int
    """How many trials failed."""
    running: int
    """How many trials run."""
    best: TrialView | None
    """The best trial so far; null: none reached anything yet."""


class SweepList(AnswerModel):
    """Sweeps, the newest first."""

    sweeps: list[SweepView]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""


class TrialList(AnswerModel):
    """Trials of a sweep, in the order in which they began."""

    trials: list[TrialView]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""
