"""Limits: how large a body may be, held at the door, so that no route can forget it."""

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from unshelf.foundation.web.problems import problem_response

DEFAULT_BODY_BYTES = 1024 * 1024

BodyLimits = Mapping[tuple[str, str], int]
"""(method, beginning of the path) → bytes, for the routes that take more than the default."""


class BodyLimit:
    """Around the whole app: a body that is announced too large is not read, one that turns out so is read no further."""

    def __init__(self, app: ASGIApp, limits: BodyLimits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 413 for a body over its limit, whether or not it said its length."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limit_of(scope["method"], scope["path"])
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and int(announced) > limit:
            response = problem_response("body_too_large", _too_large(limit))
            await response(scope, receive, send)
            return
        received = 0

        async def receiving() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise HTTPException(413, _too_large(limit))
            return message

        await self._app(scope, receiving, send)

    def _limit_of(self, method: str, path: str) -> int:
        limits = (limit for (verb, start), limit in self._limits.items() if method == verb and path.startswith(start))
        return next(limits, DEFAULT_BODY_BYTES)


def _too_large(limit: int) -> str:
    return f"a body here holds at most {limit} bytes"
