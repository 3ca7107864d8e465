"""Authentication: nothing of control is reached without a token, not even the news that an address does not exist."""

from collections.abc import Callable

from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from unshelf.api.errors import problem_response
from unshelf.manage.access import Principal

Authenticate = Callable[[str], Principal | None]
"""Who holds a token; None when it is good for nothing."""

_MOST_TOKEN_CHARACTERS = 512


class Authentication:
    """Around the whole app: finds out who asks and notes it on the request, or answers 401."""

    def __init__(self, app: ASGIApp, authenticate: Authenticate) -> None:
        self._app = app
        self._authenticate = authenticate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through who has a good token; what is neither HTTP nor the server's own start and stop is not let through."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        token = _bearer(Headers(scope=scope).get("authorization", ""))
        principal = await run_in_threadpool(self._authenticate, token) if token else None
        if principal is None:
            await _refusal(token)(scope, receive, send)
            return
        scope.setdefault("state", {})["principal"] = principal
        await self._app(scope, receive, send)


def _bearer(header: str) -> str:
    scheme, _, token = header.partition(" ")
    token = token.strip()
    return token if scheme.lower() == "bearer" and len(token) <= _MOST_TOKEN_CHARACTERS else ""


def _refusal(token: str) -> ASGIApp:
    detail = (
        "this token is not known here, has expired or was revoked"
        if token
        else "this address needs a token: send it as `Authorization: Bearer TOKEN`"
    )
    return problem_response(
        "unauthenticated",
        detail,
        hint="the administrator's token is in the file admin-token of the server's home folder",
        headers={"www-authenticate": "Bearer"},
    )
