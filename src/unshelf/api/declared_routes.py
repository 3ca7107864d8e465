"""Declared routes: a request's verb and path as the app declares it, of which there is a limited number."""

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import compile_path
from starlette.types import Scope

_VERBS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_ANY_OTHER = "*"


class DeclaredRoutes:
    """Finds the declared route of a request, also of one that was refused before routing."""

    def __init__(self, app: FastAPI) -> None:
        verbs: dict[str, set[str]] = {}
        for route in iter_route_contexts(app.routes):
            verbs.setdefault(str(route.path), set()).update(route.methods or ())
        self._verbs = {path: with_head(of_path) for path, of_path in verbs.items()}
        self._paths = [(compile_path(path)[0], path) for path in verbs]

    def name_of(self, scope: Scope) -> str:
        """The verb and the path, such as `GET /api/v1/models/{ref}`; `*` in place of one that is not known."""
        verb = scope["method"] if scope["method"] in _VERBS else _ANY_OTHER
        path = next((path for regex, path in self._paths if regex.match(scope["path"])), _ANY_OTHER)
        return f"{verb} {path}"

    def verbs_of(self, path: str) -> list[str]:
        """The verbs that an address takes, in order; empty: there is no such address."""
        return sorted({verb for regex, declared in self._paths if regex.match(path) for verb in self._verbs[declared]})


def with_head(verbs: set[str]) -> set[str]:
    """The verbs, and HEAD where GET is among them."""
    return verbs | {"HEAD"} if "GET" in verbs else verbs
