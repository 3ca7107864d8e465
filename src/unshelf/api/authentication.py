"""Authentication: nothing of control is reached without a token, not even the news that an address does not exist."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from unshelf.api.browser_sessions import BrowserSessions
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.web.problems import AnswerCutOff, problem_response

Authenticate = Callable[[str], Actor | None]
"""The actor who holds a token, or whose session it is; None when it is good for nothing."""
OnRefusal = Callable[[Actor | None, str, int], None]
"""Takes the actor (None: not known), the declared route, and the status, 401 or 403. It must not block."""

_MOST_TOKEN_CHARACTERS = 512
_CSRF_HINT = "Send the `csrf_token` that logging in and `GET /api/v1/session` answer as the header X-Unshelf-CSRF."
_REFUSALS = (401, 403)
_RECHECK_SECONDS = 0.4
"""How long a token that was good is believed, while an answer goes on."""

logger = logging.getLogger(__name__)


class Authentication:
    """Around the whole app: finds the actor of a request and notes it there, or answers 401."""

    def __init__(
        self,
        app: ASGIApp,
        authenticate: Authenticate,
        on_refusal: OnRefusal,
        route_of: Callable[[Scope], str],
        *,
        is_open: Callable[[Scope], bool] = lambda _scope: False,
        sessions: BrowserSessions | None = None,
    ) -> None:
        """`is_open`: whether a request may come without a token, to one of the few routes that are used before there is one.
        `sessions`: who is logged in by a cookie; None: nobody."""
        self._app = app
        self._sessions = sessions
        self._authenticate = authenticate
        self._on_refusal = on_refusal
        self._route_of = route_of
        self._is_open = is_open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through a request with a good token; what is neither HTTP nor the server's own start and stop is not let through."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = Headers(scope=scope)
        token, find = _bearer(headers.get("authorization", "")), self._authenticate
        by_cookie = self._sessions is not None and "authorization" not in headers
        if self._sessions is not None and by_cookie:
            token, find = self._sessions.token_in(headers), self._sessions.authenticate
        actor = await run_in_threadpool(find, token) if token else None

        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                if message["status"] in _REFUSALS:
                    self._on_refusal(actor, self._route_of(scope), message["status"])
                begun = True
            await send(message)

        fault = self._sessions.fault_of(scope, headers, token) if self._sessions and by_cookie and actor else ""
        if self._is_open(scope) and (actor is None or fault):  # as if nobody was logged in
            await self._app(scope, receive, sending)
            return
        if actor is None:
            await _refusal(token)(scope, receive, sending)
            return
        if fault:
            await problem_response("forbidden", fault, hint=_CSRF_HINT)(scope, receive, sending)
            return
        scope.setdefault("state", {})["actor"] = actor
        still_good = _Recheck(lambda: find(token) == actor, lambda: begun)
        await still_good.run(self._app(scope, receive, sending))


class _Recheck:
    """Ends an answer that goes on for long, such as a log that is followed, once its token is not good any more for what it was."""

    def __init__(self, is_good: Callable[[], bool], has_begun: Callable[[], bool]) -> None:
        """`is_good` blocks. `has_begun`: whether the answer's head is out; what is not answered yet is left to its end."""
        self._is_good = is_good
        self._has_begun = has_begun
        self._watching: asyncio.Task[None] | None = None
        self._ended = False

    async def run(self, answering: Awaitable[None]) -> None:
        """Answer; most answers are out before the first look. Raises AnswerCutOff."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None  # noqa: S101 -- the server runs each request in a task
        first_look = loop.call_later(_RECHECK_SECONDS, self._begin, task)
        try:
            await answering
        except asyncio.CancelledError:
            if not self._ended:
                raise
            task.uncancel()
            raise AnswerCutOff from None
        finally:
            first_look.cancel()
            if self._watching is not None:
                self._watching.cancel()

    def _begin(self, answering: asyncio.Task[None]) -> None:
        self._watching = asyncio.create_task(self._watch(answering))

    async def _watch(self, answering: asyncio.Task[None]) -> None:
        while True:
            if self._has_begun() and not await self._looks_good():
                break
            await asyncio.sleep(_RECHECK_SECONDS)
        self._ended = True
        answering.cancel()

    async def _looks_good(self) -> bool:
        try:
            return await run_in_threadpool(self._is_good)
        except Exception:
            logger.exception("a token can't be checked again; what it is read with ends")
            return False


def _bearer(header: str) -> str:
    scheme, _, token = header.partition(" ")
    token = token.strip()
    return token if scheme.lower() == "bearer" and len(token) <= _MOST_TOKEN_CHARACTERS else ""


def _refusal(token: str) -> ASGIApp:
    detail = (
        "This token is not known here, has expired or was revoked."
        if token
        else "This address needs a token: send it as `Authorization: Bearer TOKEN`."
    )
    return problem_response(
        "unauthenticated",
        detail,
        hint="The administrator's token is in the file admin-token of the server's home folder.",
        headers={"www-authenticate": "Bearer"},
    )
