"""Models, versions and aliases over HTTP."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Query

from unshelf.contracts.permissions import Permission
from unshelf.deploy.registry.places import ModelPlaces
from unshelf.deploy.registry.schemas import (
    Aliases,
    AliasRequest,
    ModelDetail,
    ModelPlace,
    Models,
    MoveRequest,
    VisibilityRequest,
)
from unshelf.deploy.registry.service import RegistryService
from unshelf.deploy.registry.views import model_detail, model_view
from unshelf.foundation.access.scopes import Scope
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.limits import Limits

ProjectName = Annotated[str | None, Query(max_length=64, description="The project whose models are wanted.")]


def router(registry: RegistryService, places: ModelPlaces) -> ApiRouter:
    """`/models`, `/models/{ref}`, the aliases, and the places of models."""
    routes = ApiRouter(tags=["models"])

    @routes.get("/models", dependencies=[requires(Permission.MODEL_READ, anywhere=True)])
    def list_models(
        actor: CurrentActor, project: ProjectName = None, limit: Limit = 1000, cursor: Cursor = None
    ) -> Models:
        """List the models that the actor may see, by name; with `project`, those of one project."""
        page = registry.list_for(actor, project=project, limit=limit, cursor=cursor)
        return Models(models=page.map(model_view), next_cursor=page.next_cursor)

    @routes.get(
        "/models/{ref}",
        responses=problem_answers("not_found"),
        dependencies=[requires(Permission.MODEL_INSPECT, "ref")],
    )
    def show_model(ref: str) -> ModelDetail:
        """Show a model and the version that the reference names; a name alone names the live version with the greatest share."""
        return model_detail(registry.inspect(ref))

    @routes.delete(
        "/models/{ref}",
        responses=problem_answers("not_found", "conflict"),
        dependencies=[requires(Permission.MODEL_DELETE, "ref")],
        status_code=HTTPStatus.NO_CONTENT,
    )
    def remove_model(ref: str, actor: CurrentActor) -> None:
        """Remove a model with all its versions, or one version that is not live, with all files nobody else needs."""
        registry.remove(ref, actor)

    _add_limits_and_aliases(routes, registry)
    _add_places(routes, places)
    return routes


def _add_places(routes: ApiRouter, places: ModelPlaces) -> None:
    @routes.put(
        "/models/{name}/project",
        responses=problem_answers("not_found", "conflict"),
        dependencies=[requires(Permission.PROJECT_MANAGE, "name")],
    )
    def move_model(name: str, wanted: MoveRequest, actor: CurrentActor) -> ModelPlace:
        """Give the model to another project, with its history. There it takes `model.deploy`."""
        return _place(places.move(actor, name, wanted.project, reason=wanted.reason))

    @routes.put(
        "/models/{name}/visibility",
        responses=problem_answers("not_found"),
        dependencies=[requires(Permission.PROJECT_MANAGE, "name")],
    )
    def set_visibility(name: str, wanted: VisibilityRequest, actor: CurrentActor) -> ModelPlace:
        """Say who sees the model beside its project."""
        return _place(places.set_visibility(actor, name, wanted.visibility, reason=wanted.reason))


def _place(scope: Scope) -> ModelPlace:
    return ModelPlace(name=scope.model, project=scope.project, visibility=scope.visibility)


def _add_limits_and_aliases(routes: ApiRouter, registry: RegistryService) -> None:
    @routes.put(
        "/models/{name}/limits",
        responses=problem_answers("not_found"),
        dependencies=[requires(Permission.MODEL_RELEASE, "name")],
    )
    def set_limits(name: str, wanted: Limits, actor: CurrentActor) -> Limits:
        """Limit how much may be asked of the model, by all callers together."""
        registry.set_limits(name, wanted, actor)
        return wanted

    @routes.delete(
        "/models/{name}/limits",
        dependencies=[requires(Permission.MODEL_RELEASE, "name")],
        status_code=HTTPStatus.NO_CONTENT,
    )
    def remove_limits(name: str, actor: CurrentActor) -> None:
        """Have no limits; doing it twice is fine."""
        registry.set_limits(name, None, actor)

    @routes.put(
        "/models/{name}/aliases/{alias}",
        responses=problem_answers("not_found"),
        dependencies=[requires(Permission.MODEL_RELEASE, "name")],
    )
    def set_alias(name: str, alias: str, wanted: AliasRequest, actor: CurrentActor) -> Aliases:
        """Have the alias point at a version."""
        return Aliases(aliases=registry.set_alias(name, alias, wanted.version, actor))

    @routes.delete(
        "/models/{name}/aliases/{alias}",
        responses=problem_answers("not_found"),
        dependencies=[requires(Permission.MODEL_RELEASE, "name")],
        status_code=HTTPStatus.NO_CONTENT,
    )
    def remove_alias(name: str, alias: str, actor: CurrentActor) -> None:
        """Remove the alias; the version it points at stays."""
        registry.remove_alias(name, alias, actor)
