"""Schedules as services know them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from unshelf.develop.schedules.catching_up import CatchUp

ScheduleState = Literal["active", "paused"]


@dataclass(frozen=True, kw_only=True)
class ScheduleStart:
    """A moment of a schedule, and what became of it."""

    due_at: datetime
    at: datetime
    """When it was done."""
    started: str | None
    """The name of what was started; None: nothing was."""
    error: str
    """Why nothing was started; empty: something was."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Something that is started again and again, by a timetable."""

    id: str
    name: str
    project: str
    kind: str
    target: str
    cron: str
    time_zone: str
    catch_up: CatchUp
    state: ScheduleState
    paused_because: str
    """Why the platform paused it; empty: somebody did, or it is active."""
    next_at: datetime | None
    """When it starts something next; None: it is paused, or its timetable has ended."""
    last: ScheduleStart | None
    """The last moment that it acted on; None: there was none yet."""
    created_at: datetime
    created_by: str
    runs_as: str
    """The label of the actor whose rights its starts need."""
