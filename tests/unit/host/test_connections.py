"""Requests on the host's socket: many at once, answered whole, cancelled with their sender except for wakes."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from unshelf.contracts.protocols.host import Ack, Delete, Describe, FromHost, Progress, ToHost, Wake
from unshelf.host.connections import Connections, Say
from unshelf.runtime.messages import MessageReader, frame_message

_answers: MessageReader[FromHost] = MessageReader(FromHost)


class Host:
    """Answers a Describe at once; every other request waits for its gate."""

    def __init__(self) -> None:
        self.gates: dict[int, asyncio.Event] = {}
        self.begun: asyncio.Queue[int] = asyncio.Queue()
        self.cancelled: asyncio.Queue[int] = asyncio.Queue()
        self.done: asyncio.Queue[int] = asyncio.Queue()

    async def answer(self, request: ToHost, say: Say) -> FromHost:
        if isinstance(request, Describe):
            await say(Progress(id=request.id, step="lock", state="started"))
            return Ack(id=request.id)
        gate = self.gates[request.id] = asyncio.Event()
        self.begun.put_nowait(request.id)
        try:
            await gate.wait()
        except asyncio.CancelledError:
            self.cancelled.put_nowait(request.id)
            raise
        self.done.put_nowait(request.id)
        return Ack(id=request.id)


class Sender:
    """A client of the socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    def ask(self, request: ToHost) -> None:
        self.writer.write(frame_message(request))

    async def hear(self) -> FromHost:
        return await _answers.read(self._reader)


Story = Callable[[Host, Connections, Callable[[], Coroutine[Any, Any, Sender]]], Coroutine[Any, Any, None]]


@pytest.fixture
def play(tmp_path: Path) -> Callable[[Story], None]:
    async def run(story: Story) -> None:
        host = Host()
        connections = Connections(host.answer)
        server = await asyncio.start_unix_server(connections.serve, tmp_path / "h")
        senders: list[Sender] = []

        async def connect() -> Sender:
            senders.append(Sender(*await asyncio.open_unix_connection(tmp_path / "h")))
            return senders[-1]

        async with asyncio.timeout(30):
            await story(host, connections, connect)
        await connections.close()
        for sender in senders:
            sender.writer.close()
        server.close()

    return lambda story: asyncio.run(run(story))


def test_a_slow_request_does_not_hold_up_the_next_one(play: Callable[[Story], None]) -> None:
    async def story(host: Host, connections: Connections, connect: Any) -> None:
        sender = await connect()
        sender.ask(Wake(id=1, model="iris", version=1))
        await host.begun.get()
        sender.ask(Describe(id=2))
        assert await sender.hear() == Progress(id=2, step="lock", state="started")
        assert await sender.hear() == Ack(id=2)
        host.gates[1].set()
        assert await sender.hear() == Ack(id=1)

    play(story)


def test_a_sender_that_hangs_up_cancels_what_it_asked_for_except_a_wake(play: Callable[[Story], None]) -> None:
    async def story(host: Host, connections: Connections, connect: Any) -> None:
        sender = await connect()
        sender.ask(Wake(id=1, model="iris", version=1))
        sender.ask(Delete(id=2, bundles=[], environments=[]))
        assert {await host.begun.get(), await host.begun.get()} == {1, 2}
        sender.writer.close()
        assert await host.cancelled.get() == 2
        host.gates[1].set()
        assert await host.done.get() == 1

    play(story)


@pytest.mark.parametrize("garbage", [b"\xff\xff\xff\xff", frame_message(Ack(id=1)), b"\x03\0\0\0abc"])
def test_bytes_that_are_no_request_end_their_connection_and_no_other(
    play: Callable[[Story], None], garbage: bytes
) -> None:
    async def story(host: Host, connections: Connections, connect: Any) -> None:
        broken, whole = await connect(), await connect()
        broken.writer.write(garbage)
        with pytest.raises((EOFError, ConnectionError)):
            await broken.hear()
        whole.ask(Describe(id=1))
        assert isinstance(await whole.hear(), Progress)

    play(story)


def test_closing_cancels_everything_wakes_too(play: Callable[[Story], None]) -> None:
    async def story(host: Host, connections: Connections, connect: Any) -> None:
        sender = await connect()
        sender.ask(Wake(id=1, model="iris", version=1))
        sender.ask(Delete(id=2, bundles=[], environments=[]))
        await host.begun.get()
        await host.begun.get()
        await connections.close()
        assert {host.cancelled.get_nowait(), host.cancelled.get_nowait()} == {1, 2}
        with pytest.raises(EOFError):
            await sender.hear()

    play(story)


def test_the_end_hangs_up_on_those_who_are_connected_without_an_error(
    play: Callable[[Story], None], caplog: pytest.LogCaptureFixture
) -> None:
    async def story(host: Host, connections: Connections, connect: Any) -> None:
        waiting, idle = await connect(), await connect()
        waiting.ask(Wake(id=1, model="iris", version=1))
        idle.ask(Describe(id=2))
        await host.begun.get()
        assert await idle.hear() == Progress(id=2, step="lock", state="started")
        await connections.close()
        assert await host.cancelled.get() == 1

    play(story)
    assert caplog.records == []
