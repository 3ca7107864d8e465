"""Schedules over HTTP."""

from typing import Annotated

from fastapi import Query

from unshelf.contracts.permissions import Permission
from unshelf.develop.schedules.schemas import (
    ScheduleChangeRequest,
    ScheduleList,
    ScheduleRequest,
    ScheduleStartList,
    ScheduleStartView,
    ScheduleView,
    TimetableRequest,
    TimetableView,
)
from unshelf.develop.schedules.service import ScheduleChange, ScheduleService
from unshelf.develop.schedules.timetable import timetable_of
from unshelf.foundation.clock import now
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter

_READ = [requires(Permission.JOBS_READ, anywhere=True, hides=True)]
_RUN = [requires(Permission.JOBS_RUN, anywhere=True, hides=True)]
_MISSING = problem_answers("not_found")
_SHOWN_MOMENTS = 5


def router(schedules: ScheduleService) -> ApiRouter:
    """`/schedules`."""
    routes = ApiRouter(tags=["schedules"])
    _add_all(routes, schedules)
    _add_one(routes, schedules)
    return routes


def _add_all(routes: ApiRouter, schedules: ScheduleService) -> None:
    @routes.get("/schedules", dependencies=_READ)
    def list_schedules(
        actor: CurrentActor,
        project: Annotated[str | None, Query(description="Only those of this project.")] = None,
        target: Annotated[str | None, Query(description="Only those that start this.")] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> ScheduleList:
        """List the schedules that one may see, the newest first."""
        page = schedules.list_for(actor, project=project, target=target, limit=limit, cursor=cursor)
        return ScheduleList(schedules=page.map(ScheduleView.model_validate), next_cursor=page.next_cursor)

    @routes.post("/schedules", responses=problem_answers("not_found", "conflict"), status_code=201, dependencies=_RUN)
    def set_schedule(wanted: ScheduleRequest, actor: CurrentActor) -> ScheduleView:
        """Have something started again and again."""
        created = schedules.create(
            actor, name=wanted.name, kind=wanted.kind, target=wanted.target, cron=wanted.cron,
            time_zone=wanted.time_zone, catch_up=wanted.catch_up,
        )  # fmt: skip
        return ScheduleView.model_validate(created)

    @routes.post("/schedules/preview", dependencies=_READ)
    def preview_timetable(wanted: TimetableRequest) -> TimetableView:
        """Show which moments a timetable names, before anything is set."""
        timetable = timetable_of(wanted.cron, wanted.time_zone)
        return TimetableView(
            cron=timetable.cron, time_zone=timetable.time_zone, next=timetable.upcoming(now(), _SHOWN_MOMENTS)
        )


def _add_one(routes: ApiRouter, schedules: ScheduleService) -> None:
    @routes.get("/schedules/{id}", responses=_MISSING, dependencies=_READ)
    def show_schedule(id: str, actor: CurrentActor) -> ScheduleView:
        """Show a schedule."""
        return ScheduleView.model_validate(schedules.show(actor, id))

    @routes.patch("/schedules/{id}", responses=_MISSING, dependencies=_RUN)
    def change_schedule(id: str, wanted: ScheduleChangeRequest, actor: CurrentActor) -> ScheduleView:
        """Change a schedule, pause it, or have it go on. From then on its starts need the rights of who changed it."""
        change = ScheduleChange(
            cron=wanted.cron,
            time_zone=wanted.time_zone,
            catch_up=wanted.catch_up,
            target=wanted.target,
            state=wanted.state,
        )
        return ScheduleView.model_validate(schedules.change(actor, id, change))

    @routes.delete("/schedules/{id}", responses=_MISSING, status_code=204, dependencies=_RUN)
    def delete_schedule(id: str, actor: CurrentActor) -> None:
        """Delete a schedule. What it started goes on."""
        schedules.delete(actor, id)

    @routes.get("/schedules/{id}/starts", responses=_MISSING, dependencies=_READ)
    def list_schedule_starts(
        id: str, actor: CurrentActor, limit: Limit = 100, cursor: Cursor = None
    ) -> ScheduleStartList:
        """List what a schedule did, the last first."""
        page = schedules.starts(actor, id, limit=limit, cursor=cursor)
        return ScheduleStartList(starts=page.map(ScheduleStartView.model_validate), next_cursor=page.next_cursor)
