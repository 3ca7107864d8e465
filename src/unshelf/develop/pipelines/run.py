"""Runs of pipelines as services know them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from unshelf.develop.pipelines.definition import StepDefinition, StepKind

RunState = Literal["running", "succeeded", "failed", "rejected", "cancelled"]
"""rejected: somebody did not approve, or a comparison did not come out as was required."""
StepState = Literal["waiting", "running", "succeeded", "cached", "failed", "rejected", "cancelled"]
"""waiting: for the steps that it needs. cached: its value is that of an earlier run."""
DONE: tuple[StepState, ...] = ("succeeded", "cached")
STOPPED: tuple[StepState, ...] = ("failed", "rejected", "cancelled")


@dataclass(frozen=True, kw_only=True)
class RunStep:
    """A step of a run."""

    name: str
    kind: StepKind
    state: StepState
    reason: str
    function: str
    tier: str
    needs: Sequence[str]
    job: str | None
    cached_from: str | None
    facts: Mapping[str, Any]
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run of a pipeline."""

    id: str
    pipeline: str
    name: str
    version: int
    project: str
    state: RunState
    reason: str
    parameters: Mapping[str, Any]
    data: Mapping[str, str]
    fresh: bool
    parent: str | None
    created_at: datetime
    created_by: str
    runs_as: str
    ended_at: datetime | None
    steps: Sequence[RunStep]


@dataclass(frozen=True, kw_only=True)
class KeptPipeline:
    """A pipeline with one of its versions, and its last run."""

    id: str
    name: str
    project: str
    description: str
    version: int
    latest: int
    parameters: Sequence[Any]
    steps: Sequence[StepDefinition]
    created_at: datetime
    created_by: str
    last: Run | None


@dataclass(frozen=True, kw_only=True)
class StepOrder:
    """A step of the platform to carry out, with its arguments."""

    run: str
    step: str
    project: str
    pipeline: str
    key: str
    """The name of this act, the same each time that it is tried: what it starts is started once."""
    arguments: Mapping[str, Any]
    """Argument → a value, or LeftFiles."""
    facts: Mapping[str, Any]
    """Facts that were noted of it before."""


@dataclass(frozen=True, kw_only=True)
class StepOutcome:
    """How far a step of the platform is."""

    state: Literal["running", "succeeded", "failed", "rejected"]
    reason: str = ""
    facts: Mapping[str, Any]
    """Kept with the step; `value` in it is what later steps get."""
