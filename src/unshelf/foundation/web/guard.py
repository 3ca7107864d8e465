"""The guard: the requirement that each route states before it may be served."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from unshelf.contracts.errors import NotFound, Unauthenticated
from unshelf.contracts.permissions import Permission
from unshelf.contracts.references import InvalidReference, parse_reference
from unshelf.foundation.access.actors import Actor, unseen
from unshelf.foundation.access.scopes import Scope, project_scope
from unshelf.foundation.web.forwarded import client_address, network_of


@dataclass(frozen=True)
class Requirement:
    """Requirement of a route on its caller, as a FastAPI dependency. `requires` and `requires_token` make one."""

    permission: Permission | None
    model_from: str | None = None
    project_from: str | None = None
    anywhere: bool = False
    hides: bool = False
    """Whether the route itself judges users, to whom what they may not see is not found."""
    of_subject: bool = False
    """Whether the path parameters `kind` and `name` name a subject, which the actor must see."""
    is_open: bool = False
    """Whether callers without a token are let in."""
    otherwise: Permission | None = None
    """The permission that does as well, anywhere or on the installation."""

    def __call__(self, request: Request) -> None:
        """Raise Forbidden when the actor may not do this, NotFound for what a user may not even see."""
        if self.is_open:
            if not isinstance(getattr(request.state, "actor", None), Actor):
                request.app.state.open_limiter.admit(network_of(client_address(request)))
            return
        actor = actor_of(request)
        scope: Scope
        if self.of_subject:
            scope = request.app.state.scope_of_subject(actor, request.path_params["kind"], request.path_params["name"])
            if self.permission is not None:
                actor.must(self.permission, scope)
            return
        if self.permission is None:
            return
        if self.hides and actor.kind == "user":
            return
        if self.anywhere:
            if self.otherwise is not None and actor.may_somewhere(self.otherwise):
                return
            actor.must_somewhere(self.permission)
        elif self.model_from is not None:
            text = request.path_params[self.model_from]
            if actor.kind != "user":
                actor.must_somewhere(self.permission)  # before the reference is read: a stranger learns nothing of it
            scope = request.app.state.scope_of_model(_model_of(text))
            actor.must_see(scope)
            if actor.kind == "user" and not actor.may(self.permission, scope) and not _knows(request, scope.model):
                raise unseen(
                    scope
                )  # as for a hidden one: who may read where new names belong learns nothing of the others
            actor.must(self.permission, scope)
        elif self.project_from is not None:
            scope = project_scope(request.path_params[self.project_from])
            actor.must_see(scope)
            actor.must(self.permission, scope)
        elif self.otherwise is None or not actor.may(self.otherwise):
            actor.must(self.permission)


def _knows(request: Request, model: str) -> bool:
    knows: bool = request.app.state.knows_model(model)
    return knows


def actor_of(request: Request) -> Actor:
    """The actor of a request, which the authentication around the whole app has found; Unauthenticated without one."""
    actor = getattr(request.state, "actor", None)
    if not isinstance(actor, Actor):
        raise Unauthenticated
    return actor


CurrentActor = Annotated[Actor, Depends(actor_of)]
"""The parameter of a route that takes the actor of its request."""


def requires(
    permission: Permission,
    model_from: str | None = None,
    *,
    project_from: str | None = None,
    anywhere: bool = False,
    hides: bool = False,
    otherwise: Permission | None = None,
) -> Any:
    """Make the marker for a route's `dependencies`: the permission, and where the actor must have it.

    On the model that the path parameter `model_from` names, or the project that `project_from` names; `anywhere`: on any scope,
    where the route itself narrows down what it shows or changes; else on the installation. `otherwise` does as well in these two.
    `hides`: the route judges users itself, and answers 404 to one who may not see the thing."""
    return Depends(Requirement(permission, model_from, project_from, anywhere, hides, otherwise=otherwise))


def requires_subject(permission: Permission | None = None) -> Any:
    """Make the marker for a route on a subject, which the path parameters `kind` and `name` name: the actor must see it, and
    have the permission there."""
    return Depends(Requirement(permission, of_subject=True))


def requires_token() -> Any:
    """Make the marker for a route that every actor may use: facts about the installation's health and about the actor."""
    return Depends(Requirement(None))


def open_to_everybody() -> Any:
    """Make the marker for one of the few routes that are used before there is a token, such as logging in."""
    return Depends(Requirement(None, is_open=True))


def open_routes(app: FastAPI) -> set[str]:
    """The verb and the path, such as `POST /api/v1/session`, of each route that is open to everybody."""
    return {
        f"{method} {route.path}"
        for route in iter_route_contexts(app.routes)
        if isinstance(route.original_route, APIRoute)
        and any(isinstance(call, Requirement) and call.is_open for call in _calls(route.dependant))
        for method in route.original_route.methods or ()
    }


def unguarded_routes(app: FastAPI) -> list[str]:
    """The paths that state no requirement. An app that has one must not be served."""
    return [str(route.path) for route in iter_route_contexts(app.routes) if not _is_guarded(route)]


def _is_guarded(route: RouteContext) -> bool:
    return isinstance(route.original_route, APIRoute) and any(
        isinstance(call, Requirement) for call in _calls(route.dependant)
    )


def _calls(dependant: Dependant) -> Iterator[Any]:
    for dependency in dependant.dependencies:
        yield dependency.call
        yield from _calls(dependency)


def _model_of(reference: str) -> str:
    try:
        return parse_reference(reference).name
    except InvalidReference as error:
        raise NotFound(str(error)) from None
