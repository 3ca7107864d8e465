"""A control that takes requests and does not answer, and a client that sends its upload drop by drop: both end in time."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from tests.support.exchanges import an_exchange
from unshelf.gateway import proxy as module
from unshelf.gateway.access.forwarded import TrustedProxies
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.proxy import Proxy


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_HEAD_SECONDS", 0.2)
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(module, "PACE_SECONDS", 0.2)


def with_control(folder: Path, story: Any) -> None:
    """Run a story beside a control that reads and never answers."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1 << 16):
            pass
        writer.close()

    async def run() -> None:
        name = str(folder / "c.sock")
        server = await asyncio.start_unix_server(silent, name)
        proxy = Proxy([name], TrustedProxies([]))
        try:
            await story(proxy)
        finally:
            await proxy.close()
            server.close()

    asyncio.run(run())


async def refusal(asking: Coroutine[Any, Any, None]) -> tuple[str, str]:
    with pytest.raises(ProblemError) as caught:
        await asyncio.wait_for(asking, 20)
    return caught.value.code, caught.value.detail


@pytest.mark.parametrize(("method", "body"), [("GET", b""), ("POST", b"{}")])
def test_a_control_that_does_not_answer_is_unavailable(tmp_path: Path, method: str, body: bytes) -> None:
    async def story(proxy: Proxy) -> None:
        exchange, _ = an_exchange(method, "/api/v1/x", body, host="x", content_length=str(len(body)))
        code, detail = await refusal(proxy.forward(exchange))
        assert (code, "does not answer" in detail) == ("unavailable", True)

    with_control(tmp_path, story)


def test_an_upload_that_trickles_is_ended_and_one_that_comes_has_its_time(tmp_path: Path) -> None:
    async def story(proxy: Proxy) -> None:
        slow, _ = an_exchange("PUT", "/api/v1/blobs/x", None, host="x", content_length="1000000")
        asking = asyncio.create_task(refusal(proxy.forward(slow)))
        for _ in range(10):
            slow.piece_came(b"x" * 10)
            await asyncio.sleep(0.05)
        assert (await asking)[0] == "malformed_request"

        quick, _ = an_exchange("PUT", "/api/v1/blobs/x", None, host="x", content_length="1000000")
        asking = asyncio.create_task(refusal(proxy.forward(quick)))
        for _ in range(10):
            quick.piece_came(b"x" * 100_000)
            await asyncio.sleep(0.05)
        quick.completed()
        assert (await asking)[0] == "unavailable"  # sent whole; control says nothing

    with_control(tmp_path, story)
