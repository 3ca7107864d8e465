"""Access: who is asking, and the requirement that each route states before it may be served."""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from unshelf.contracts.references import InvalidReference, parse_reference
from unshelf.foundation.errors import Forbidden, NotFound, Unauthenticated

Role = Literal["predict", "deploy", "admin"]
"""predict: call models · deploy: also put them there, release, pause, watch and remove them · admin: everything."""

_RANK: dict[str, int] = {"predict": 1, "deploy": 2, "admin": 3}


@dataclass(frozen=True, kw_only=True)
class Principal:
    """Who is asking: an API key, known by the SHA-256 of its token."""

    id: str
    name: str
    role: Role
    models: tuple[str, ...] | None = None
    """Glob patterns of the model names it is good for; None: every model."""

    def may(self, role: Role, model: str | None = None) -> bool:
        """Whether it has at least this role, and, when a model is named, has it for that model."""
        if _RANK[self.role] < _RANK[role]:
            return False
        return model is None or self.models is None or any(fnmatchcase(model, pattern) for pattern in self.models)

    def must(self, role: Role, model: str | None = None) -> None:
        """Raise Forbidden unless `may`: for a model that is named in the body."""
        if not self.may(role):
            raise Forbidden(
                f"the key {self.name!r} has the role {self.role}; this needs {role}",
                hint="ask an administrator for a key: unshelf keys create --role " + role,
            )
        if not self.may(role, model):
            raise Forbidden(f"the key {self.name!r} is not good for the model {model!r}")

    @property
    def label(self) -> str:
        """Its name for the audit trail and for "by": readable, and unambiguous also when a name was used again."""
        return self.name if self.name == self.id else f"{self.name} ({self.id})"


@dataclass(frozen=True)
class Requirement:
    """What a route asks of its caller; a FastAPI dependency. `requires` makes one."""

    role: Role
    model_from: str | None

    def __call__(self, request: Request) -> None:
        """Raise Forbidden when the caller may not."""
        principal = principal_of(request)
        principal.must(self.role)
        if self.model_from is not None:
            principal.must(self.role, _model_of(request.path_params[self.model_from]))


def principal_of(request: Request) -> Principal:
    """Who is asking. The authentication around the whole app has put it there; without it nobody is served."""
    principal = getattr(request.state, "principal", None)
    if not isinstance(principal, Principal):
        raise Unauthenticated
    return principal


def requires(role: Role, model_from: str | None = None) -> Any:
    """The marker for a route's `dependencies`: the role it needs, and the path parameter that names the model, if one does."""
    return Depends(Requirement(role, model_from))


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
