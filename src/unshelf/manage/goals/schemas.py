"""Goals on the wire."""

from datetime import date, datetime

from pydantic import Field

from unshelf.foundation.web.schemas import AnswerModel, RequestModel
from unshelf.manage.goals.goal import Direction, Missing


class GoalRequest(RequestModel):
    """A goal to set."""

    title: str = Field(min_length=1, max_length=200, examples=["Fewer missed defaults"])
    """A title for people."""
    description: str | None = Field(default=None, max_length=100_000)
    """A text about it, in Markdown."""
    owner: str | None = Field(default=None, max_length=64, examples=["ana"])
    """The login name of the user who answers for it; left out: who sets it."""
    due: date | None = Field(default=None, examples=["2027-03-31"])
    """The day by which it should be reached."""
    metric: str | None = Field(default=None, max_length=100, examples=["recall"])
    """The metric that is meant."""
    direction: Direction | None = None
    """at_least or at_most: how the metric is held against the target."""
    target: float | None = Field(default=None, examples=[0.9])
    """The number to reach."""
    worth: str | None = Field(default=None, max_length=500, examples=["€ 200,000 a year"])
    """The value of reaching it, in money or words."""


class GoalChange(GoalRequest):
    """A change of a goal; what is left out stays as it is."""

    title: str | None = Field(default=None, min_length=1, max_length=200)  # type: ignore[assignment]
    """A title for people."""
    closed: bool | None = None
    """Whether it is closed: over, reached or not."""


class TieRequest(RequestModel):
    """Something to tie to a goal."""

    kind: str = Field(max_length=32, examples=["version"])
    """version, or release."""
    name: str = Field(max_length=200, examples=["credit-score:3"])
    """A version's reference, or the name of the model whose releases work towards the goal."""


class ValueRequest(RequestModel):
    """A value of a goal's metric."""

    value: float = Field(examples=[0.87])
    """The number."""
    source: str = Field(min_length=1, max_length=500, examples=["Backtest on the first quarter"])
    """The place that it comes from, for people."""


class NotedValue(AnswerModel):
    """A value of a goal's metric."""

    value: float
    """The number."""
    source: str
    """The place that it comes from, for people."""
    at: datetime
    """When it was noted or measured."""


class ValueList(AnswerModel):
    """Values of a goal's metric, the oldest first."""

    values: list[NotedValue]
    """The values."""


class Tie(AnswerModel):
    """Something that works towards a goal."""

    kind: str
    """version, or release."""
    name: str
    """A version's reference, or a model's name."""
    tied_at: datetime
    """When it was tied."""
    tied_by: str
    """The label of the actor who tied it."""


class GoalDetail(AnswerModel):
    """A goal, how far it is, and what is missing."""

    id: str
    """The id, which sorts by time."""
    project: str
    """The project that it belongs to."""
    title: str
    """A title for people."""
    description: str
    """A text about it, in Markdown."""
    owner: str | None
    """The login name of the user who answers for it."""
    due: date | None
    """The day by which it should be reached."""
    metric: str
    """The metric that is meant; empty: none."""
    direction: Direction
    """at_least or at_most: how the metric is held against the target."""
    target: float | None
    """The number to reach."""
    worth: str
    """The value of reaching it, in money or words."""
    created_at: datetime
    """When it was set."""
    created_by: str
    """The label of the actor who set it."""
    closed_at: datetime | None
    """When it was closed; null: it is open."""
    ties: list[Tie]
    """Versions and releases that work towards it."""
    latest: NotedValue | None
    """The newest value of its metric, with its source."""
    missing: list[Missing]
    """A list of what is missing: owner, target (with its metric), tie, value, reached (the latest value is not as good as the
    target), overdue. Empty: it is reached."""


class GoalList(AnswerModel):
    """Goals, the oldest first."""

    goals: list[GoalDetail]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""
