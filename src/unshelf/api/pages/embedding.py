"""Embedded apps: what pages of other origins may ask, without any session."""

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from unshelf.contracts.protocols.pages import EMBEDDED_API

ANY_ORIGIN = "access-control-allow-origin"
_PREFLIGHT = {
    ANY_ORIGIN: "*",
    "access-control-allow-methods": "GET, POST",
    "access-control-allow-headers": "authorization, content-type",
    "access-control-max-age": "600",
}
_COOKIE = b"cookie"


class EmbeddedApps:
    """Around the API: the routes of embedded apps are asked from an opaque origin, and never see a cookie."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what a browser asks before it asks, let its script read the answer, and drop the request's cookies."""
        if scope["type"] != "http" or not scope["path"].startswith(EMBEDDED_API):
            await self._app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS":
            await Response(status_code=204, headers=_PREFLIGHT)(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers[ANY_ORIGIN] = "*"
                headers["cache-control"] = "no-store"
            await send(message)

        headers = [(name, value) for name, value in scope["headers"] if name.lower() != _COOKIE]
        await self._app({**scope, "headers": headers}, receive, sending)
