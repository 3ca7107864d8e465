"""Goals over HTTP."""

from typing import Annotated, Any

from fastapi import Query

from unshelf.contracts.permissions import Permission
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.goals.schemas import (
    GoalChange,
    GoalDetail,
    GoalList,
    GoalRequest,
    NotedValue,
    TieRequest,
    ValueList,
    ValueRequest,
)
from unshelf.manage.goals.service import GoalFields, GoalService

_FAILS: dict[str, Any] = {"responses": problem_answers("not_found")}
_PATH = "/projects/{project}/goals"


def router(goals: GoalService) -> ApiRouter:
    """`/projects/{project}/goals`."""
    routes = ApiRouter(tags=["goals"])
    may_read = [requires(Permission.PROJECT_READ, project_from="project")]
    may_manage = [requires(Permission.PROJECT_MANAGE, project_from="project")]

    @routes.get(_PATH, **_FAILS, dependencies=may_read)
    def list_goals(
        project: str, actor: CurrentActor, closed: bool = False, limit: Limit = 100, cursor: Cursor = None
    ) -> GoalList:
        """List the project's goals, the oldest first; with `closed`, the closed ones in place of the open ones."""
        page = goals.list_of(actor, project, closed=closed, limit=limit, cursor=cursor)
        return GoalList(goals=page.map(GoalDetail.model_validate), next_cursor=page.next_cursor)

    @routes.post(_PATH, **_FAILS, status_code=201, dependencies=may_manage)
    def set_goal(project: str, wanted: GoalRequest, actor: CurrentActor) -> GoalDetail:
        """Set a goal."""
        return GoalDetail.model_validate(goals.create(actor, project, _fields_of(wanted)))

    @routes.get(f"{_PATH}/{{id}}", **_FAILS, dependencies=may_read)
    def show_goal(project: str, id: str, actor: CurrentActor) -> GoalDetail:
        """Show a goal with its latest value and what is missing."""
        return GoalDetail.model_validate(goals.find(actor, project, id))

    @routes.patch(f"{_PATH}/{{id}}", **_FAILS, dependencies=may_manage)
    def change_goal(project: str, id: str, wanted: GoalChange, actor: CurrentActor) -> GoalDetail:
        """Change a goal, close it, or open it again."""
        changed = goals.change(actor, project, id, _fields_of(wanted), closed=wanted.closed)
        return GoalDetail.model_validate(changed)

    _add_ties_and_values(routes, goals)
    return routes


def _add_ties_and_values(routes: ApiRouter, goals: GoalService) -> None:
    may_tie = [requires(Permission.MODEL_DEPLOY, project_from="project")]

    @routes.post(f"{_PATH}/{{id}}/ties", **_FAILS, dependencies=may_tie)
    def tie_to_goal(project: str, id: str, wanted: TieRequest, actor: CurrentActor) -> GoalDetail:
        """Tie a version, or a model's releases, to the goal. Doing it twice is fine."""
        return GoalDetail.model_validate(goals.tie(actor, project, id, wanted.kind, wanted.name))

    @routes.delete(f"{_PATH}/{{id}}/ties", **_FAILS, dependencies=may_tie)
    def untie_from_goal(
        project: str, id: str, kind: Annotated[str, Query(max_length=32)], name: Annotated[str, Query(max_length=200)], actor: CurrentActor
    ) -> GoalDetail:  # fmt: skip
        """Untie something from the goal."""
        return GoalDetail.model_validate(goals.untie(actor, project, id, kind, name))

    @routes.get(
        f"{_PATH}/{{id}}/values", **_FAILS, dependencies=[requires(Permission.PROJECT_READ, project_from="project")]
    )
    def list_goal_values(project: str, id: str, actor: CurrentActor) -> ValueList:
        """List all known values of the goal's metric, the oldest first, each with its source."""
        return ValueList(values=[NotedValue.model_validate(each) for each in goals.values(actor, project, id)])

    @routes.post(
        f"{_PATH}/{{id}}/values",
        **_FAILS,
        dependencies=[requires(Permission.COMMENTS_WRITE, project_from="project")],
    )
    def note_goal_value(project: str, id: str, wanted: ValueRequest, actor: CurrentActor) -> GoalDetail:
        """Note a value of the goal's metric."""
        return GoalDetail.model_validate(goals.note(actor, project, id, wanted.value, wanted.source))


def _fields_of(wanted: GoalRequest) -> GoalFields:
    return GoalFields(
        title=wanted.title, description=wanted.description, owner=wanted.owner, due=wanted.due, metric=wanted.metric,
        direction=wanted.direction, target=wanted.target, worth=wanted.worth,
    )  # fmt: skip
