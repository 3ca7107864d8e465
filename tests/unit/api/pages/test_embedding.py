"""Embedded apps ask without cookies, and are answered across origins; nothing else is."""

import asyncio

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from unshelf.api.pages.embedding import EmbeddedApps

COOKIE = {"cookie": "unshelf_session=secret", "origin": "null"}
ASK = "/api/v1/embedded-apps/worth/ask"


async def says_its_cookie(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(Request(scope).headers.get("cookie", "none"))(scope, receive, send)


def asked(method: str, path: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=EmbeddedApps(says_its_cookie))
        async with httpx.AsyncClient(transport=transport, base_url="http://server") as client:
            return await client.request(method, path, headers=COOKIE)

    return asyncio.run(ask())


def test_a_request_of_an_embedded_app_loses_its_cookies() -> None:
    answer = asked("POST", ASK)
    assert answer.text == "none"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


def test_a_browser_may_ask_before_it_asks() -> None:
    answer = asked("OPTIONS", ASK)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-headers"] == "authorization, content-type"


def test_every_other_address_is_left_alone() -> None:
    for path in ("/api/v1/apps/worth/ask", "/api/v1/embedded-apps", "/"):
        for method in ("POST", "OPTIONS"):
            answer = asked(method, path)
            assert answer.text == "unshelf_session=secret"
            assert "access-control-allow-origin" not in answer.headers
