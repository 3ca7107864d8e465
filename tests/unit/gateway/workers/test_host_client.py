"""The line to the host: every question has one answer, however often the host is restarted in between."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from tests.support.virtual_time import run_in_virtual_time, until
from unshelf.contracts.protocols.host import (
    Ack,
    Addresses,
    Awake,
    DiagnoseExit,
    ExitDiagnosis,
    Failed,
    FromHost,
    InFlight,
    Load,
    ReportHang,
    ToHost,
    VersionAddresses,
    Wake,
)
from unshelf.gateway.workers.host_client import HostClient
from unshelf.runtime.messages import MessageReader, frame_message

_requests: MessageReader[ToHost] = MessageReader(ToHost)


class Host:
    """The other end of the line."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._asked: asyncio.Queue[ToHost] = asyncio.Queue()
        self._writer: asyncio.StreamWriter | None = None
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, self._path)

    async def asked(self) -> ToHost:
        return await asyncio.wait_for(self._asked.get(), 100)

    def say(self, message: FromHost) -> None:
        self.write(frame_message(message))

    def write(self, data: bytes) -> None:
        assert self._writer is not None
        self._writer.write(data)

    def die(self) -> None:
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)
        if self._writer is not None:
            self._writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        try:
            while True:
                self._asked.put_nowait(await _requests.read(reader))
        except (EOFError, OSError):
            writer.close()


Story = Callable[[HostClient, Host, list[str]], Coroutine[Any, Any, None]]


@pytest.fixture
def play(tmp_path: Path) -> Callable[[Story], None]:
    """Run a story with a client that keeps connected, and the host's end; each reconnection is noted."""

    async def run(story: Story) -> None:
        host, client, reconnected = Host(tmp_path / "h"), HostClient(str(tmp_path / "h")), list[str]()
        keeping = asyncio.create_task(client.keep_connected(lambda: reconnected.append("again")))
        await story(client, host, reconnected)
        keeping.cancel()
        await asyncio.wait([keeping])
        host.die()

    return lambda story: run_in_virtual_time(run(story))


async def until_connected(client: HostClient, *, connected: bool = True) -> None:
    await until(lambda: client.connected is connected)


def test_a_wake_waits_for_the_host_to_come(play: Callable[[Story], None]) -> None:
    async def story(client: HostClient, host: Host, reconnected: list[str]) -> None:
        waking = asyncio.create_task(client.wake("iris", 2, "unix:dead"))
        await asyncio.sleep(5)
        assert not client.connected
        await host.start()
        request = await host.asked()
        assert isinstance(request, Wake)
        assert (request.model, request.version, request.not_address) == ("iris", 2, "unix:dead")
        answer = Awake(id=request.id, address="unix:w")
        host.say(answer)
        assert await waking == answer
        assert reconnected == []

    play(story)


def test_answers_find_their_questions_in_any_order(play: Callable[[Story], None]) -> None:
    async def story(client: HostClient, host: Host, reconnected: list[str]) -> None:
        await host.start()
        await until_connected(client)
        waking = [asyncio.create_task(client.wake(name, 1, None)) for name in ("a", "b")]
        first, second = await host.asked(), await host.asked()
        host.say(Ack(id=999))  # nobody asked
        host.say(Failed(id=second.id, code="paused", detail="It is paused."))
        host.say(Awake(id=first.id, address="unix:w"))
        one, other = [await task for task in waking]
        assert isinstance(one, Awake)
        assert isinstance(other, Failed)

    play(story)


@pytest.mark.parametrize("garbage", [b"", b"\xff\xff\xff\xff", frame_message(Ack(id=1))[:4] + b"garbage" * 9])
def test_a_wake_is_asked_again_when_the_connection_breaks(play: Callable[[Story], None], garbage: bytes) -> None:
    async def story(client: HostClient, host: Host, reconnected: list[str]) -> None:
        await host.start()
        waking = asyncio.create_task(client.wake("iris", 2, None))
        first = await host.asked()
        if garbage:
            host.write(garbage)
        else:
            host.die()
            await until_connected(client, connected=False)
            await host.start()
        second = await host.asked()
        assert (isinstance(second, Wake), second.id != first.id) == (True, True)
        host.say(Awake(id=second.id, address="unix:w"))
        assert isinstance(await waking, Awake)
        assert reconnected == ["again"]

    play(story)


def test_what_ended_a_worker_is_told_by_the_host(play: Callable[[Story], None]) -> None:
    async def story(client: HostClient, host: Host, reconnected: list[str]) -> None:
        await host.start()
        await until_connected(client)
        asking = asyncio.create_task(client.out_of_memory("iris", 2, "unix:w"))
        request = await host.asked()
        assert isinstance(request, DiagnoseExit)
        host.say(ExitDiagnosis(id=request.id, out_of_memory="1 GiB"))
        assert await asking == "1 GiB"

    play(story)


def test_a_host_that_is_away_or_silent_does_not_hold_up_those_who_were_with_the_worker(
    play: Callable[[Story], None],
) -> None:
    async def story(client: HostClient, host: Host, reconnected: list[str]) -> None:
        assert await client.out_of_memory("iris", 2, "unix:w") == ""
        await host.start()
        await until_connected(client)
        begun = asyncio.get_running_loop().time()
        assert await client.out_of_memory("iris", 2, "unix:w") == ""
        assert asyncio.get_running_loop().time() - begun == pytest.approx(5.0, abs=0.1)

    play(story)


def test_a_load_is_answered_with_addresses_and_fails_while_the_host_is_away(play: Callable[[Story], None]) -> None:
    async def story(client: HostClient, host: Host, reconnected: list[str]) -> None:
        loads = [Load(model="iris", version=2, in_flight=3)]
        with pytest.raises(ConnectionError):
            await client.report("7", loads)
        await host.start()
        await until_connected(client)
        reporting = asyncio.create_task(client.report("7", loads))
        request = await host.asked()
        assert isinstance(request, InFlight)
        assert (request.gateway, request.loads) == ("7", loads)
        served = [VersionAddresses(model="iris", version=2, addresses=["unix:w"])]
        host.say(Addresses(id=request.id, served=served))
        assert await reporting == served
        reporting = asyncio.create_task(client.report("7", loads))
        await host.asked()
        host.die()
        with pytest.raises(ConnectionError):
            await reporting

    play(story)


def test_a_worker_that_hangs_is_told_to_a_host_that_is_there(play: Callable[[Story], None]) -> None:
    async def story(client: HostClient, host: Host, reconnected: list[str]) -> None:
        client.report_stuck("iris", 2, "unix:w", 30.0)  # nobody hears
        await host.start()
        await until_connected(client)
        client.report_stuck("iris", 2, "unix:w", 31.0)
        request = await host.asked()
        assert isinstance(request, ReportHang)
        assert request.silent_seconds == 31.0

    play(story)
