"""Sweeps as services know them, and what they need of jobs."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from unshelf.develop.sweeps.space import Value
from unshelf.foundation.access.actors import Actor

Strategy = Literal["grid", "random", "search"]
"""grid: every combination. random: draws. search: each proposed by what was reached so far."""
SweepState = Literal["running", "done", "failed", "cancelled"]
TrialState = Literal["running", "done", "failed"]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One combination, and how it did."""

    number: int
    parameters: dict[str, Value]
    state: TrialState
    value: float | None
    spread: float | None
    reason: str
    jobs: list[str | None]
    """One a fold; None: it was not submitted yet."""


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """The same job with many parameters."""

    id: str
    name: str
    project: str
    job: str
    strategy: Strategy
    space: dict[str, Any]
    trials: int
    parallel: int
    folds: int | None
    objective: str
    maximize: bool
    seed: int
    state: SweepState
    reason: str
    created_at: datetime
    created_by: str
    ended_at: datetime | None
    done: int
    """How many trials reached something."""
    failed: int
    running: int
    best: Trial | None


@dataclass(frozen=True, kw_only=True)
class JobOutcome:
    """A job as a sweep sees it."""

    is_over: bool
    succeeded: bool
    reason: str
    results: Mapping[str, Any] | None


class RunsAgain(Protocol):
    """Runs a job again with other parameters."""

    def require(self, actor: Actor, target: str) -> str:
        """Return the project of a job that the actor may run again. Raises NotFound or Forbidden."""

    def start(
        self,
        actor: Actor,
        target: str,
        *,
        key: str,
        name: str = "",
        parameters: Mapping[str, Any] | None = None,
        same_data: bool = False,
    ) -> str:
        """Submit a copy with these parameters over its own, and return its id. The same key again returns the same id. `same_data`: it
        reads what the original read, not what its references lead to by now."""

    def outcomes(self, jobs: Sequence[str]) -> dict[str, JobOutcome]:
        """Return how jobs are doing; those that are gone are left out."""

    def cancel(self, actor: Actor, job: str) -> None:
        """Ask for the end of a job; one that is over is no error."""


@dataclass(frozen=True, kw_only=True)
class Reached:
    """The outcome of a trial."""

    state: TrialState
    value: float | None = None
    spread: float | None = None
    reason: str = ""


def reached(objective: str, outcomes: Sequence[JobOutcome | None]) -> Reached:
    """Judge a trial by its jobs, one a fold: it is done when all are, and failed as soon as one is."""
    values = []
    for outcome in outcomes:
        if outcome is None or not outcome.is_over:
            continue
        if not outcome.succeeded:
            return Reached(state="failed", reason=outcome.reason or "A job of it did not succeed.")
        value = (outcome.results or {}).get(objective)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return Reached(state="failed", reason=f"Its results have no finite number {objective!a}.")
        values.append(float(value))
    if len(values) < len(outcomes):
        return Reached(state="running")
    spread = statistics.stdev(values) if len(values) > 1 else None
    return Reached(state="done", value=statistics.fmean(values), spread=spread)
