"""Capacity and waste on the wire."""

from datetime import datetime

from unshelf.foundation.web.schemas import AnswerModel
from unshelf.manage.usage.schemas import UsageAmountsView
from unshelf.monitor.capacity.waste import WasteKind


class TierCapacity(AnswerModel):
    """A tier at this moment."""

    tier: str
    """The name."""
    free: int | None
    """The number of jobs of it that could start now; null: it is not known."""
    running: int
    """Jobs of it that run."""
    waiting: int
    """Jobs of it that wait for a place."""


class JobNowView(AnswerModel):
    """A job that runs or waits."""

    id: str
    """The id."""
    name: str
    """The title."""
    project: str
    """The project."""
    created_by: str
    """The label of who submitted it."""
    tier: str
    """The tier."""
    state: str
    """As jobs have it: running, queued, preparing, waiting."""
    reason: str
    """A sentence on why it waits; empty: it runs."""
    turn: int | None
    """The place in the order in which jobs that wait for a place take their turns, from 1; null: it does not wait for one."""
    since: datetime
    """The moment from which on it has run, or waited."""


class WarmWorkerView(AnswerModel):
    """A worker that runs."""

    model: str
    """The model."""
    version: int
    """The number of the version."""
    project: str
    """The project."""
    tier: str
    """The tier."""
    memory_bytes: int
    """Resident memory."""
    requests: int
    """Requests that it has answered."""
    idle_seconds: float
    """Time since its last request."""
    reason: str
    """A sentence on why it is there."""


class CapacityView(AnswerModel):
    """Use of the machine at this moment."""

    tiers: list[TierCapacity]
    """All tiers."""
    running: list[JobNowView]
    """Jobs that run, the oldest first; the first 500 of all that have not ended."""
    waiting: list[JobNowView]
    """Jobs that wait, the oldest first."""
    warm: list[WarmWorkerView] | None
    """Workers, those that take the most memory first; null: the host does not answer."""


class WasteView(AnswerModel):
    """One finding."""

    kind: WasteKind
    """never called, mostly idle, tier too large, failed jobs, or unused environment."""
    subject: str
    """The version (`iris:3`), the environment (`science:2`), or the project whose jobs failed."""
    project: str
    """The project; empty: the installation's."""
    amounts: UsageAmountsView
    """The part that brought nothing."""
    advice: str
    """A sentence on what to do."""


class WasteList(AnswerModel):
    """Waste of a month, the dearest first."""

    month: str
    """The month, in UTC."""
    currency: str
    """The currency of costs."""
    findings: list[WasteView]
    """The findings."""
