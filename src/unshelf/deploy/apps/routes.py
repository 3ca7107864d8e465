"""Apps over HTTP, for those who use and those who make them."""

from typing import Annotated, Any

from fastapi import Query, Response

from unshelf.contracts.permissions import Permission
from unshelf.contracts.problems import PROBLEM_TYPE
from unshelf.contracts.protocols.door import DoorOutcome
from unshelf.deploy.apps.app import ListedApp
from unshelf.deploy.apps.asking import AppAnswered, AppAsking
from unshelf.deploy.apps.forms.definition import AppDefinition
from unshelf.deploy.apps.schemas import (
    AppDetail,
    AppForm,
    AppList,
    AppQuestion,
    AppReply,
    AppSaved,
    AppSummary,
    AppVersionDetail,
    AppVersionList,
    DraftReply,
    DraftRequest,
    RestoreRequest,
)
from unshelf.deploy.apps.service import AppService
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter

USE: dict[str, Any] = {"dependencies": [requires(Permission.APPS_USE, anywhere=True, hides=True)]}
MANAGE: dict[str, Any] = {"dependencies": [requires(Permission.APPS_MANAGE, anywhere=True, hides=True)]}
FAILS = problem_answers("not_found")
ASKS = ("conflict", "too_many_requests", "model_error", "overloaded", "unavailable", "deadline_exceeded")
_PASSED_ON = frozenset({"retry-after", "server-timing", "x-prediction-id"})
_OnlyProject = Annotated[str | None, Query(max_length=64, description="Only apps on models of this project.")]
_OnlyModel = Annotated[str | None, Query(max_length=64, description="Only apps on this model.")]


def router(apps: AppService, asking: AppAsking) -> ApiRouter:
    """`/apps`."""
    routes = ApiRouter(tags=["apps"])
    _add_making(routes, apps, asking)

    @routes.get("/apps", **USE)
    def list_apps(
        actor: CurrentActor,
        project: _OnlyProject = None,
        model: _OnlyModel = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> AppList:
        """List the apps that the actor may use, by name."""
        page = apps.list_for(actor, project=project, model=model, limit=limit, cursor=cursor)
        return AppList(apps=page.map(AppSummary.model_validate), next_cursor=page.next_cursor)

    @routes.get("/apps/{name}", responses=FAILS, **USE)
    def show_app(name: str, actor: CurrentActor) -> AppDetail:
        """Show an app and its form."""
        found = apps.find(actor, name)
        return AppDetail(**_fields(found.app), form=form_of(found.app.name, found.definition))

    @routes.post("/apps/{name}/ask", response_model=AppReply, responses=problem_answers("not_found", *ASKS), **USE)
    def ask_app(name: str, wanted: AppQuestion, actor: CurrentActor) -> Any:
        """Ask an app: the answer in words. It is recorded with the purpose `try`, and nothing counts it as use."""
        found = apps.find(actor, name)
        return reply_of(asking.ask(found, wanted.inputs, who=actor.id, label=actor.label))

    @routes.delete("/apps/{name}", status_code=204, responses=FAILS, **MANAGE)
    def delete_app(name: str, actor: CurrentActor) -> None:
        """Delete an app with its versions and tokens."""
        apps.delete(actor, name)

    return routes


def _add_making(routes: ApiRouter, apps: AppService, asking: AppAsking) -> None:
    @routes.post("/app-drafts", response_model=DraftReply, responses=problem_answers("not_found", *ASKS), **MANAGE)
    def try_app_draft(wanted: DraftRequest, actor: CurrentActor) -> Any:
        """Fill a definition in from the signature, example and baseline of its version, and, with `inputs`, answer as an app of it
        would. Nothing is kept."""
        filled = apps.fill(actor, wanted.definition)
        answered = None if wanted.inputs is None else asking.preview(actor, filled, wanted.inputs)
        reply = None if answered is None else reply_of(answered)
        if isinstance(reply, Response):
            return reply
        return DraftReply(definition=filled, form=form_of("", filled), reply=reply)

    @routes.put(
        "/apps/{name}",
        responses=problem_answers("not_found", "conflict")
        | {201: {"model": AppSaved, "description": "There was no app of this name."}},
        **MANAGE,
    )
    def save_app(name: str, wanted: AppDefinition, actor: CurrentActor, response: Response) -> AppSaved:
        """Make an app, or a new version of it. From now on it asks the model on the actor's grant."""
        saved, is_new = apps.save(actor, name, wanted)
        if is_new and saved.version == 1:
            response.status_code = 201
        return AppSaved(**_fields(saved), new=is_new)

    @routes.get("/apps/{name}/versions", responses=FAILS, **MANAGE)
    def list_app_versions(name: str, actor: CurrentActor, limit: Limit = 20, cursor: Cursor = None) -> AppVersionList:
        """List an app's versions with their definitions, the newest first."""
        page = apps.versions(actor, name, limit=limit, cursor=cursor)
        return AppVersionList(versions=page.map(AppVersionDetail.model_validate), next_cursor=page.next_cursor)

    @routes.post("/apps/{name}/restore", responses=FAILS, **MANAGE)
    def restore_app(name: str, wanted: RestoreRequest, actor: CurrentActor) -> AppSummary:
        """Go back to a version of an app: its definition becomes the newest version."""
        return AppSummary.model_validate(apps.restore(actor, name, wanted.version))


def form_of(name: str, definition: AppDefinition) -> AppForm:
    """The form of an app, without anything that it hides."""
    return AppForm(name=name, title=definition.title, text=definition.text, inputs=definition.inputs or [])


def reply_of(answered: AppAnswered | DoorOutcome) -> AppReply | Response:
    """The answer on the wire, or the problem as a caller of the model would get it."""
    if isinstance(answered, DoorOutcome):
        headers = {name: value for name, value in answered.headers if name.lower() in _PASSED_ON}
        return Response(answered.body, answered.status, headers, PROBLEM_TYPE)
    said = answered.said
    return AppReply.model_validate(
        {"id": answered.id, "text": said.text, "words": said.words, "tone": said.tone, "output": answered.output}
    )


def _fields(app: ListedApp) -> dict[str, Any]:
    return AppSummary.model_validate(app).model_dump()
