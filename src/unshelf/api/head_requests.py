"""HEAD requests: the head that GET would answer, without its body."""

import contextlib

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadRequests:
    """Around the routes: a HEAD is served as a GET whose caller leaves after the head, also where GET never ends."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; of the answer to a HEAD, send the head alone."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        ended = False

        async def receiving() -> Message:
            return {"type": "http.disconnect"} if ended else await receive()

        async def sending(message: Message) -> None:
            nonlocal ended
            if ended:
                raise ClientDisconnect
            await send(message)
            if message["type"] == "http.response.start":
                await send({"type": "http.response.body", "body": b""})
                ended = True

        with contextlib.suppress(ClientDisconnect):
            await self._app({**scope, "method": "GET"}, receiving, sending)
