"""A header that says when a change is stored but not in force at gateways yet."""

from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "x-publication"
_CHANGES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_ERRORS = 400


class PendingPublication:
    """Adds `X-Publication: pending` to answers that confirm a change while changes can't be published."""

    def __init__(self, app: ASGIApp, is_behind: Callable[[], bool]) -> None:
        self._app = app
        self._is_behind = is_behind

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and look at the answer's start."""
        if scope["type"] != "http" or scope["method"] not in _CHANGES:
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < _ERRORS and self._is_behind():
                MutableHeaders(scope=message).append(HEADER, "pending")
            await send(message)

        await self._app(scope, receive, sending)
