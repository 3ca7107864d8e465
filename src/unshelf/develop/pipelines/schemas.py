"""Pipelines on the wire: answers, and requests for runs."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from unshelf.develop.pipelines.definition import ParameterType, StepKind
from unshelf.develop.pipelines.run import RunState, StepState
from unshelf.foundation.web.schemas import AnswerModel, RequestModel


class RunRequest(RequestModel):
    """A run to begin."""

    parameters: dict[str, Any] = Field(default={}, examples=[{"rate": 0.1}])
    """The parameters; those left out have their defaults."""
    version: int | None = Field(default=None, ge=1)
    """The version of the pipeline; null: the latest."""
    fresh: bool = False
    """Whether every step runs, also where an earlier run has the same value."""
    parent: str | None = Field(default=None, max_length=26)
    """The run that it repeats with changes; null: none."""
    key: Annotated[str, Field(min_length=16, max_length=64)] | None = None
    """A random text that names this request: the same one again begins nothing new and gives the run that it began."""


class SourceView(AnswerModel):
    """The source of an argument."""

    step: str | None
    """The step whose value it is; null: another source."""
    at: list[str | int]
    """Keys and positions that lead into that value."""
    parameter: str | None
    """The parameter of the pipeline that it is; null: another source."""
    value: Any
    """The value, where it is neither."""


class StepView(AnswerModel):
    """A step of a pipeline."""

    name: str
    """The name."""
    kind: StepKind
    """function: a job; the others: the platform's own."""
    function: str
    """The file and the function; empty: it is the platform's own."""
    arguments: dict[str, SourceView]
    """The arguments by name."""
    data: dict[str, str]
    """Name → the dataset that it reads."""
    after: list[str]
    """Steps that must be done before, beside those whose values it takes."""
    tier: str
    """The hardware."""
    environment: str | None
    """The environment; null: that of its requirements, else the default one."""
    secrets: list[str]
    """Names of secrets."""
    time_limit: float
    """Seconds that an attempt may take."""
    retries: int
    """How often it is tried again when it fails."""
    cache: bool
    """Whether the value of an earlier run may be taken."""


class ParameterView(AnswerModel):
    """A parameter of a pipeline."""

    name: str
    """The name."""
    type: ParameterType
    """The type of its values."""
    required: bool
    """Whether a run must give it."""
    default: Any
    """The value in runs that do not give it."""


class RunStepView(AnswerModel):
    """A step of a run."""

    name: str
    """The name."""
    kind: StepKind
    """function: a job; the others: the platform's own."""
    state: StepState
    """How far it is; cached: its value is that of an earlier run."""
    reason: str
    """Why it ended so, or what it waits for; empty: nothing is to be said."""
    function: str
    """The file and the function; empty: it is the platform's own."""
    tier: str
    """The hardware."""
    needs: list[str]
    """The steps that must be done before."""
    job: str | None
    """The job that its value is of; null: there is none."""
    cached_from: str | None
    """The run whose job that is; null: its own."""
    facts: dict[str, Any]
    """The outcome: results of a function, the version of a deploy, the figures of a comparison, the request of an approval."""
    started_at: datetime | None
    """When it began; null: it has not."""
    ended_at: datetime | None
    """When it ended; null: it has not."""


class RunView(AnswerModel):
    """A run of a pipeline."""

    id: str
    """The id."""
    pipeline: str
    """The id of the pipeline."""
    name: str
    """The pipeline's name."""
    version: int
    """The pipeline's version."""
    project: str
    """The project."""
    state: RunState
    """How far it is; rejected: somebody did not approve, or a comparison did not come out as was required."""
    reason: str
    """A sentence on what it waits for, or why it ended so; empty: nothing is to be said."""
    parameters: dict[str, Any]
    """The parameters, complete."""
    data: dict[str, str]
    """Reference as the pipeline has it → the version that this run reads."""
    fresh: bool
    """Whether nothing of earlier runs is taken."""
    parent: str | None
    """The run that it repeats with changes; null: none."""
    created_at: datetime
    """When it began."""
    created_by: str
    """The label of who began it."""
    runs_as: str
    """The label of the actor whose rights its steps need: who began it, or resumed it last."""
    ended_at: datetime | None
    """When it ended; null: it goes on."""
    steps: list[RunStepView]
    """The steps, each after those that it needs."""


class PipelineView(AnswerModel):
    """A pipeline."""

    id: str
    """The id."""
    name: str
    """The name, unique in the project."""
    project: str
    """The project."""
    description: str
    """A text for people."""
    version: int
    """The version that is shown."""
    latest: int
    """The latest version."""
    parameters: list[ParameterView]
    """The parameters of its runs."""
    steps: list[StepView]
    """The steps."""
    created_at: datetime
    """When it was kept first."""
    created_by: str
    """The label of who kept it first."""
    last: RunView | None
    """The last run; null: none was begun."""


class PipelineList(AnswerModel):
    """Pipelines, by name."""

    pipelines: list[PipelineView]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""


class RunList(AnswerModel):
    """Runs, the newest first."""

    runs: list[RunView]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""
