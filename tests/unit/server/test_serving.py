"""Serving an app on a unix socket, until it is told to stop."""

import asyncio
from pathlib import Path

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from tests.support.waiting import wait_until
from unshelf.server.serving import serve


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await PlainTextResponse(scope["path"])(scope, receive, send)


@pytest.mark.parametrize("depth", [0, 200])
def test_an_app_is_served_until_it_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, depth: int) -> None:
    folder = tmp_path / ("x" * depth)
    folder.mkdir(exist_ok=True)
    monkeypatch.chdir(folder)
    path = Path("app.sock")

    async def scenario() -> tuple[int, str]:
        stopping = asyncio.Event()
        serving = asyncio.create_task(serve(app, path, stopping))
        await asyncio.to_thread(wait_until, path.exists, seconds=20, what="the socket is there")
        async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(path))) as client:
            answer = await client.get("http://control/here")
        stopping.set()
        await asyncio.wait_for(serving, 20)
        return answer.status_code, answer.text

    assert asyncio.run(scenario()) == (200, "/here")
