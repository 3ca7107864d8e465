"""Triggers on the wire."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from unshelf.develop.triggers.service import MOST_AN_HOUR
from unshelf.develop.triggers.trigger import TriggerState, WaitsFor
from unshelf.foundation.web.schemas import AnswerModel, RequestModel


class TriggerRequest(RequestModel):
    """A trigger to set."""

    name: str
    """A name, of which the project has one."""
    kind: Literal["job", "pipeline", "scoring", "collection"] = "job"
    """The kind of thing to start again."""
    target: str
    """The thing to start again: of a job or a scoring, its id."""
    waits_for: WaitsFor = "event"
    """`event`: something that happens; `call`: somebody who calls it."""
    action: str = Field(default="", examples=["data.added"])
    """The action of the events that it waits for, such as `data.added`, `alert.raised` or `release.changed`."""
    subject: str = Field(default="", examples=["orders"])
    """The name of what the event is about, also a pattern such as `orders-*`; empty: any."""
    most_an_hour: int = Field(default=60, ge=MOST_AN_HOUR[0], le=MOST_AN_HOUR[-1])
    """How often it starts something within an hour; one that would more often is paused."""


class TriggerChangeRequest(RequestModel):
    """A change of a trigger."""

    state: TriggerState
    """`paused`: nothing is started; `active`: it goes on with what happens from now on."""


class TriggerCall(RequestModel):
    """A call of a trigger."""

    key: str | None = None
    """A name of the caller's for this call: the same key again starts nothing."""
    body: dict[str, Any] = Field(default_factory=dict)
    """The parameter `call` of the target."""


class TriggerStartView(AnswerModel):
    """Something that made a trigger start something, and what became of it."""

    cause: str
    """The id of the event, or the key of the call."""
    at: datetime
    """When it was done."""
    because: str
    """A few words on what happened."""
    started: str | None
    """The id of what was started; null: nothing was."""
    error: str
    """Why nothing was started; empty: something was."""


class TriggerView(AnswerModel):
    """Something that is started when something happens."""

    id: str
    """The id of the trigger."""
    name: str
    """The name, of which the project has one."""
    project: str
    """The project that it belongs to."""
    kind: str
    """The kind of thing that it starts."""
    target: str
    """The thing that is started again."""
    waits_for: WaitsFor
    """Whether it waits for an event or a call."""
    action: str
    """The action of the events; empty: it waits for calls."""
    subject: str
    """The pattern of the subject's name; empty: any."""
    most_an_hour: int
    """How often it starts something within an hour."""
    state: TriggerState
    """Whether it starts anything."""
    paused_because: str
    """Why the platform paused it; empty: somebody did, or it is active."""
    last: TriggerStartView | None
    """The last thing that it acted on; null: there was none yet."""
    created_at: datetime
    """When it was set."""
    created_by: str
    """The label of the actor who set it."""
    runs_as: str
    """The label of the actor whose rights its starts need."""


class TriggerList(AnswerModel):
    """Triggers, the newest first."""

    triggers: list[TriggerView]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""


class TriggerStartList(AnswerModel):
    """Things that a trigger acted on, the last first."""

    starts: list[TriggerStartView]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""
