"""Policies about alerts on the wire."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from unshelf.foundation.web.schemas import AnswerModel, RequestModel
from unshelf.monitor.alerts.alert import Severity
from unshelf.monitor.policies.policy import HOURS, MOST_KINDS, PolicyAct, PolicyOrder, StartKind


class AlertPolicyRequest(RequestModel):
    """A policy to set."""

    name: str = Field(examples=["roll back on errors"])
    """A name, of which the project has one."""
    model: str | None = Field(default=None, max_length=64)
    """The model whose alerts it answers; null: those of all models of `project`."""
    project: str | None = Field(default=None, max_length=64)
    """The project of whose models it answers alerts; null: `model` is named."""
    kinds: list[str] = Field(min_length=1, max_length=MOST_KINDS, examples=[["errors_high"]])
    """The kinds of alert that it answers."""
    severity: Severity = "critical"
    """The least severity that it answers."""
    act: PolicyAct
    """pause the model, roll it back, or start something that makes a new version."""
    start_kind: StartKind | None = None
    """The kind of what `start` starts."""
    start_target: str | None = Field(default=None, max_length=200)
    """The thing that `start` starts: of a pipeline its id, of a job or a scoring the one that is run again."""
    hours: int = Field(default=24, ge=HOURS[0], le=HOURS[-1])
    """The hours within which it acts once on a model."""

    def order(self) -> PolicyOrder:
        """The policy as the service takes it."""
        return PolicyOrder(**{**self.model_dump(), "kinds": tuple(self.kinds)})


class AlertPolicyView(AnswerModel):
    """A policy: what is done about alerts without anybody."""

    id: str
    """The id of the policy."""
    name: str
    """The name, of which the project has one."""
    project: str
    """The project that it belongs to."""
    model: str | None
    """The model whose alerts it answers; null: those of every model of the project."""
    kinds: list[str]
    """The kinds of alert that it answers."""
    severity: Severity
    """The least severity that it answers."""
    act: PolicyAct
    """pause, rollback, or start."""
    start_kind: Literal["pipeline", "job", "scoring", "collection"] | None
    """The kind of what it starts; null: it starts nothing."""
    start_target: str | None
    """The thing that it starts; null: it starts nothing."""
    hours: int
    """The hours within which it acts once on a model."""
    created_at: datetime
    """When it was set."""
    created_by: str
    """The label of who set it, whose rights it needs."""
    last_at: datetime | None
    """When it acted last; null: it did not yet."""
    last_model: str | None
    """The model that it acted on then; null: none."""
    last_outcome: str
    """The outcome; empty: nothing yet."""
    last_error: str
    """Why it could not act; empty: it did, or it did not try yet."""


class AlertPolicyList(AnswerModel):
    """Policies, the newest first."""

    policies: list[AlertPolicyView]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""
