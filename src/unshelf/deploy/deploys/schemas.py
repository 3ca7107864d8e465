"""Deploys on the wire."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from unshelf.manage.limits import Limits


class DeployRequest(BaseModel):
    """What shall be deployed, and what shall happen when it works."""

    model_config = ConfigDict(extra="forbid")

    name: str
    manifest: dict[str, Any]
    """As in contracts.bundle.Manifest."""
    release: bool | None = None
    """Whether the version goes live: true, false, or null: if it is the model's first."""
    alias: str | None = None
    """An alias that shall point at the version."""
    limits: Limits | None = None
    """How much may be asked of the model from now on; null: as it was."""


class DeployAccepted(BaseModel):
    """The deploy has begun."""

    id: str


Step = Literal["lock", "build", "check", "register", "start", "release"]
"""The steps, in their order: a version answers before it is released."""


class DeployStep(BaseModel):
    """How far a step has come."""

    step: Step
    state: Literal["started", "done", "failed"]
    detail: str
    seconds: float | None


class DeployError(BaseModel):
    """Why a deploy failed, and what to do."""

    code: str
    step: str
    detail: str
    hint: str
    log: str
    """The last lines of what the failed program said."""


class Deploy(BaseModel):
    """A deploy."""

    id: str
    name: str
    state: Literal["running", "done", "failed"]
    steps: list[DeployStep]
    version: int | None
    live: bool | None
    error: DeployError | None
    created_at: datetime
    by: str
