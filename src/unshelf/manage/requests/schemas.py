"""Requests on the wire."""

from datetime import datetime
from typing import Any

from pydantic import Field

from unshelf.foundation.web.schemas import AnswerModel, RequestModel
from unshelf.manage.requests.request import RequestState

_TEN_YEARS = 10 * 366 * 86_400


class NewRequest(RequestModel):
    """Something to ask for."""

    kind: str = Field(default="access", max_length=32)
    """The kind: access."""
    model: str | None = Field(default=None, max_length=64, examples=["credit-score"])
    """The model that it is about."""
    project: str | None = Field(default=None, max_length=64)
    """The project that it is about, where it is not one model."""
    wanted: dict[str, Any] = Field(default={}, max_length=20, examples=[{"role": "caller"}])
    """The thing asked for; of access the `role`, caller unless given."""
    reason: str = Field(min_length=1, max_length=1000, examples=["Scores for the quarterly report"])
    """The reason, for who decides."""


class GrantDecision(RequestModel):
    """A request is granted."""

    expires_in_seconds: float | None = Field(default=None, gt=0, le=_TEN_YEARS, examples=[604_800])
    """How long it is granted for; null: until it is taken away."""
    reason: str = Field(default="", max_length=1000)
    """A sentence for who asked."""


class Refusal(RequestModel):
    """A request is refused."""

    reason: str = Field(min_length=1, max_length=1000)
    """A sentence for who asked."""


class AccessTokenRequest(RequestModel):
    """A token to make of granted access."""

    name: str = Field(default="", max_length=100, examples=["quarterly report"])
    """For people: what it is used for; empty: what it is good for."""


class IssuedToken(AnswerModel):
    """A token that is good for what was granted, with its secret, which is shown this once."""

    id: str
    """The id, by which it is revoked."""
    name: str
    """For people: what it is used for."""
    role: str
    """The role whose permissions it is good for."""
    models: list[str] | None
    """The model that it is good for; null: see `projects`."""
    projects: list[str] | None
    """The project that it is good for; null: see `models`."""
    expires_at: datetime | None
    """When it ends, with the access; null: when it is revoked."""
    token: str
    """The secret: send it as `Authorization: Bearer TOKEN`. It is stored nowhere."""


class RequestDetail(AnswerModel):
    """A request with its answer."""

    id: str
    """The id, which sorts by time."""
    kind: str
    """The kind: access."""
    model: str | None
    """The model that it is about; null: a project or the installation."""
    project: str | None
    """The project that it is about, or that its model belongs to; null: the installation, or one that may not be seen any more."""
    wanted: dict[str, Any]
    """The thing asked for."""
    reason: str
    """The reason that was given."""
    asked_by: str
    """The label of the user who asked."""
    asked_at: datetime
    """When it was asked."""
    state: RequestState
    """open, granted, refused or withdrawn."""
    decided_at: datetime | None
    """When it was decided; null: it is open."""
    decided_by: str | None
    """The label of the actor who decided."""
    decision_reason: str
    """The reason of the decision."""
    expires_at: datetime | None
    """When what was granted ends; null: when it is taken away."""
    may_decide: bool
    """Whether the actor of this call may grant or refuse it."""
    next_step: str
    """The thing to do now that it is granted, for who asked; else empty."""


class RequestList(AnswerModel):
    """Requests, the newest first."""

    requests: list[RequestDetail]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""
