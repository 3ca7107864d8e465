"""Schedules on the wire."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from unshelf.develop.schedules.catching_up import CatchUp
from unshelf.develop.schedules.schedule import ScheduleState
from unshelf.foundation.web.schemas import AnswerModel, RequestModel


class TimetableRequest(RequestModel):
    """A timetable to look at."""

    cron: str = Field(examples=["30 6 * * MON-FRI"])
    """Five fields: minute, hour, day of the month, month, day of the week; or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`."""
    time_zone: str = "UTC"
    """The time zone that it is read in, such as `Europe/Berlin`."""


class TimetableView(AnswerModel):
    """A timetable, and the moments that it names."""

    cron: str
    """The expression as it was understood."""
    time_zone: str
    """The time zone that it is read in."""
    next: list[datetime]
    """The next five moments."""


class ScheduleRequest(TimetableRequest):
    """A schedule to set."""

    name: str
    """A name, of which the project has one."""
    kind: Literal["job", "pipeline", "scoring", "collection"] = "job"
    """The kind of thing to start again."""
    target: str
    """The thing to start again: of a job or a scoring, its id."""
    catch_up: CatchUp = "latest"
    """The way to deal with moments that were missed: `skip` them, make up for the `latest`, or for `all`."""


class ScheduleChangeRequest(RequestModel):
    """Changes of a schedule; what is left out stays."""

    cron: str | None = None
    """The timetable."""
    time_zone: str | None = None
    """The time zone that it is read in."""
    catch_up: CatchUp | None = None
    """The way to deal with moments that were missed."""
    target: str | None = None
    """The thing to start again, of the same project."""
    state: ScheduleState | None = None
    """`paused`: nothing is started; `active`: it goes on with the next moment."""


class ScheduleStartView(AnswerModel):
    """A moment of a schedule, and what became of it."""

    due_at: datetime
    """The moment."""
    at: datetime
    """When it was done."""
    started: str | None
    """The id of what was started; null: nothing was."""
    error: str
    """Why nothing was started; empty: something was."""


class ScheduleView(AnswerModel):
    """Something that is started again and again."""

    id: str
    """The id of the schedule."""
    name: str
    """The name, of which the project has one."""
    project: str
    """The project that it belongs to."""
    kind: str
    """The kind of thing that it starts."""
    target: str
    """The thing that is started again."""
    cron: str
    """The timetable."""
    time_zone: str
    """The time zone that it is read in."""
    catch_up: CatchUp
    """The way to deal with moments that were missed."""
    state: ScheduleState
    """Whether it starts anything."""
    paused_because: str
    """Why the platform paused it; empty: somebody did, or it is active."""
    next_at: datetime | None
    """When it starts something next; null: it is paused, or its timetable has ended."""
    last: ScheduleStartView | None
    """The last moment that it acted on; null: there was none yet."""
    created_at: datetime
    """When it was set."""
    created_by: str
    """The label of the actor who set it."""
    runs_as: str
    """The label of the actor whose rights its starts need: who set it, or changed it last."""


class ScheduleList(AnswerModel):
    """Schedules, the newest first."""

    schedules: list[ScheduleView]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""


class ScheduleStartList(AnswerModel):
    """Moments of a schedule, the last first."""

    starts: list[ScheduleStartView]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""
