"""Calling an ASGI app inside the test process, over no socket."""

from collections.abc import Callable
from typing import Any

import anyio
import httpx

from unshelf.api.app import create_app
from unshelf.api.body_limit import BodyLimits
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.web.routers import PREFIX, ApiRouter


class AppCaller:
    """An HTTP client of an app; every call is answered whole, also by an app that raises."""

    def __init__(self, app: Any, token: str | None = None) -> None:
        self._app = app
        self._headers = {} if token is None else {"authorization": f"Bearer {token}"}

    def __call__(self, method: str, path: str, **request: Any) -> httpx.Response:
        """One call; `request` as httpx takes it."""
        headers = {**self._headers, **request.pop("headers", {})}

        async def call() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://control") as client:
                return await client.request(method, path, headers=headers, **request)

        return anyio.run(call)


def caller_of(actor: Actor, *routers: ApiRouter, limits: BodyLimits | None = None) -> Callable[..., httpx.Response]:
    """A caller of an app of these routers alone; its token is good for this actor."""
    app = create_app(routers, lambda token: actor if token == "good" else None, limits or {}, lambda *_refused: None)

    def call(method: str, path: str, **request: Any) -> httpx.Response:
        return AppCaller(app, "good")(method, PREFIX + path, **request)

    return call
