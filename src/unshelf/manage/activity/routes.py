"""Activity over HTTP."""

from unshelf.foundation.events.event import LoggedEvent
from unshelf.foundation.paging import Page
from unshelf.foundation.web.guard import CurrentActor, requires_subject, requires_token
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.activity.schemas import Activity, ActivityEvent
from unshelf.manage.activity.service import ActivityService


def router(activity: ActivityService) -> ApiRouter:
    """`/activity` and `/subjects/{kind}/{name}/activity`."""
    routes = ApiRouter(tags=["subjects"])

    @routes.get("/activity", dependencies=[requires_token()])
    def list_activity(actor: CurrentActor, limit: Limit = 100, cursor: Cursor = None) -> Activity:
        """List what happened to all that the actor may see, newest first."""
        return _shown(activity.of_all(actor, limit=limit, cursor=cursor))

    @routes.get(
        "/subjects/{kind}/{name}/activity", responses=problem_answers("not_found"), dependencies=[requires_subject()]
    )
    def list_subject_activity(
        kind: str, name: str, actor: CurrentActor, limit: Limit = 100, cursor: Cursor = None
    ) -> Activity:
        """List what happened to a subject, newest first: to a project and a model with all that belongs to them."""
        return _shown(activity.of(actor, kind, name, limit=limit, cursor=cursor))

    return routes


def _shown(page: Page[LoggedEvent]) -> Activity:
    return Activity(events=page.map(_event), next_cursor=page.next_cursor)


def _event(event: LoggedEvent) -> ActivityEvent:
    subject = event.subject
    return ActivityEvent(
        id=event.id, time=event.time, actor=event.actor_label, action=event.action, kind=subject.kind,
        name=subject.name, project=subject.project, model=subject.model, detail=event.after or event.before or {},
        reason=event.reason,
    )  # fmt: skip
