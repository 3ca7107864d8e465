"""The relay of a project: a process of ours, in a sandbox of its own, that connects the programs of a project to what was granted them.

Its listening sockets were made in the network namespaces of those programs, and come by descriptor: a program finds a granted host on
its own loopback interface, and has no other way out. `python -m unshelf.host.egress.relay CONTROL_FD POLICY_JSON`.

The host sends, for each sandbox, a JSON object with a descriptor, the relay's end of a *channel*. The sandbox sends its listening
sockets on the other end, which is open as long as anything lives in there. The host hears of what is refused."""

import asyncio
import contextlib
import json
import os
import socket
import struct
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any

from unshelf.contracts.network.grants import line_for, place_of, read_grants
from unshelf.contracts.network.policy import EgressPolicy
from unshelf.contracts.network.reasons import NOT_GRANTED
from unshelf.host.egress.listeners import accept_now, bound_waiting, receive_listeners
from unshelf.host.egress.plan import EgressPlan
from unshelf.host.egress.proxy_head import MOST_HEAD, BadHead, ProxyHead, read_head, refusal
from unshelf.host.egress.reaching import Outside, PlaceRefused, PlaceUnreachable, Streams, Upstream

_MESSAGE_BYTES = 1 << 16
_MOST_CONNECTIONS = 256
"""Connections of one sandbox at a time; more wait in the kernel's queue."""
_CHUNK = 64 << 10
_HEAD_SECONDS = 30.0
_REPORT_SECONDS = 0.2
_MOST_REPORTED = 64
"""Places that are reported one by one, between two messages to the host."""
_PAUSE_SECONDS = 0.1
_RESET = struct.pack("ii", 1, 0)
"""Closing sends a reset, not an end: who was refused must not take it for an empty answer."""


class RefusalReporter:
    """Refusals since the last message to the host, counted by place."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._counts: Counter[tuple[int, str, str]] = Counter()
        self._due: asyncio.TimerHandle | None = None

    def note(self, number: int, place: str, reason: str) -> None:
        """Count a connection that did not come about."""
        key = (number, place, reason)
        if key not in self._counts and len(self._counts) >= _MOST_REPORTED:
            key = (number, "*", reason)
        self._counts[key] += 1
        if self._due is None:
            self.send()

    def send(self) -> None:
        """Report what was counted now, and the next time no sooner than a moment later."""
        self._due = None
        if not self._counts:
            return
        self._send_all(
            {"sandbox": number, "place": place, "reason": reason, "count": count}
            for (number, place, reason), count in self._counts.items()
        )
        self._counts.clear()
        self._due = asyncio.get_running_loop().call_later(_REPORT_SECONDS, self.send)

    def gone(self, number: int) -> None:
        """Report that a sandbox is gone, after what it was refused."""
        if self._due is not None:
            self._due.cancel()
        self.send()
        self._send_all([{"sandbox": number, "gone": True}])

    def answer(self, number: int) -> None:
        """Tell the host that this process is well."""
        self._send_all([{"pong": number}])

    def _send_all(self, said: Iterable[dict[str, Any]]) -> None:
        with contextlib.suppress(OSError):  # the host is behind, or gone: refusing does not depend on it
            self._control.send(json.dumps(list(said)).encode())


class SandboxRelay:
    """The ways out of one sandbox, until it is gone."""

    def __init__(
        self,
        number: int,
        plan: EgressPlan,
        channel: socket.socket,
        outside: Outside,
        reporter: RefusalReporter,
        *,
        is_build: bool = False,
    ) -> None:
        self._number = number
        self._plan = plan
        self._channel = channel
        self._outside = outside
        self._reporter = reporter
        self._is_build = is_build
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Take its listening sockets and serve them until nothing is left in it."""
        listeners: list[socket.socket] = []
        try:
            await _readable(self._channel)
            listeners = receive_listeners(self._channel)
            slots = asyncio.Semaphore(_MOST_CONNECTIONS + len(listeners))
            handlers: list[Callable[[Streams], Awaitable[None]]] = [self._by_proxy]
            handlers += [self._to(grant.host, grant.port) for grant in self._plan.exact.values()]
            for listener, handle in zip(listeners, handlers, strict=False):
                self._run(self._accept(listener, handle, slots))
            await _readable(self._channel)  # at its end, or it speaks out of turn
        finally:
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            for each in (self._channel, *listeners):
                each.close()
            self._reporter.gone(self._number)

    def _run(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _accept(
        self, listener: socket.socket, handle: Callable[[Streams], Awaitable[None]], slots: asyncio.Semaphore
    ) -> None:
        while True:
            await slots.acquire()
            try:
                connection = await _accepted(listener)
            except (
                TimeoutError
            ):  # somebody in the sandbox wants this process to wait: it does not, nor does it come back
                slots.release()
                return
            except OSError:  # no descriptor is left, or the program hung up
                slots.release()
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            task = self._run(self._handle(connection, handle))
            task.add_done_callback(partial(_finish, connection, slots))

    async def _handle(self, connection: socket.socket, handle: Callable[[Streams], Awaitable[None]]) -> None:
        try:
            streams = await asyncio.open_connection(sock=connection, limit=MOST_HEAD)
        except OSError:
            connection.close()
            return
        hung_up = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)  # or said what nobody understands
        try:
            with contextlib.suppress(*hung_up):
                await handle(streams)
        finally:
            streams[1].close()

    def _to(self, host: str, port: int) -> Callable[[Streams], Awaitable[None]]:
        """Return what serves the connections to an exact grant."""

        async def connect(inside: Streams) -> None:
            try:
                outside = await self._outside.connect(host, port)
            except (PlaceRefused, PlaceUnreachable) as error:
                self._reporter.note(self._number, place_of(host, port), str(error))
                _reset(inside[1])
                return
            await _exchange(inside, outside)

        return connect

    async def _by_proxy(self, inside: Streams) -> None:
        reader, writer = inside
        async with asyncio.timeout(_HEAD_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
        try:
            asked = read_head(head)
        except BadHead as error:
            writer.write(refusal("400", str(error)))
            return
        proxy = self._outside.proxy_for_requests(asked.host, asked.port) if asked.passed_on else None
        outside = await self._granted(asked, proxy, writer)
        if outside is None:
            return
        if asked.passed_on:
            outside[1].write(asked.passed_on if proxy is None else asked.to_proxy(proxy.authorization))
        else:
            writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        await _exchange(inside, outside)

    async def _granted(self, asked: ProxyHead, proxy: Upstream | None, writer: asyncio.StreamWriter) -> Streams | None:
        """Connect to what a program asks the proxy for, or answer why not."""
        place = place_of(asked.host, asked.port)
        if not any(grant.covers(asked.host, asked.port) for grant in self._plan.grants):
            self._reporter.note(self._number, place, NOT_GRANTED)
            writer.write(refusal("403", _advice(place, is_build=self._is_build)))
            return None
        try:
            if proxy is not None:
                return await self._outside.connect_to_proxy(proxy, asked.host, asked.port)
            return await self._outside.connect_by_proxy(asked.host, asked.port)
        except PlaceRefused as error:
            self._reporter.note(self._number, place, str(error))
            writer.write(refusal("403", _advice(place, is_build=True) if self._is_build else f"{place}: {error}"))
        except PlaceUnreachable as error:
            writer.write(refusal("502", f"{place} can't be reached: {error}"))
        return None


def _advice(place: str, *, is_build: bool) -> str:
    """Say why a place is not connected to, and what would let it be."""
    if is_build:
        return f"{place} is no package index of this server, which a build may reach alone: UNSHELF_BUILD_HOSTS={place} adds it"
    return f"{place} is not granted: {line_for([place])} in unshelf.toml grants it"


async def _accepted(listener: socket.socket) -> socket.socket:
    """Wait for a connection. Raises OSError."""
    while True:
        with contextlib.suppress(BlockingIOError):
            return accept_now(listener)
        await _readable(listener)


def _finish(connection: socket.socket, slots: asyncio.Semaphore, task: "asyncio.Task[None]") -> None:
    slots.release()
    if task.cancelled():  # perhaps before it began
        connection.close()


async def _exchange(inside: Streams, outside: Streams) -> None:
    """Pass bytes on both ways until both have ended, or one is broken."""
    ways = [asyncio.ensure_future(way) for way in (_pass_on(inside[0], outside[1]), _pass_on(outside[0], inside[1]))]
    try:
        await asyncio.gather(*ways)
    except OSError:
        _reset(inside[1])
    finally:
        for way in ways:
            way.cancel()
        outside[1].close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_CHUNK):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


def _reset(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, AttributeError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()


async def _readable(given: socket.socket) -> None:
    """Wait until this can be read."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(given, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(given)


async def serve(control: socket.socket, policy: EgressPolicy) -> None:
    """Serve the sandboxes that the host tells of; at the host's end, those that are left. The host asks for an answer now and then, and
    starts another relay if none comes."""
    bound_waiting()
    outside, reporter = Outside(policy), RefusalReporter(control)
    serving: set[asyncio.Task[None]] = set()
    while True:
        await _readable(control)
        try:
            message, descriptors, _, _ = socket.recv_fds(control, _MESSAGE_BYTES, 1)
        except ConnectionResetError:  # the host ended before it had read everything
            break
        if not message:
            break
        said = json.loads(message)
        if "ping" in said:
            reporter.answer(said["ping"])
            continue
        plan = EgressPlan(tuple(str(grant) for grant in read_grants(said["allow"])))
        channel = socket.socket(fileno=descriptors[0])
        channel.setblocking(False)
        is_build = said.get("is_build", False)
        relay = SandboxRelay(said["sandbox"], plan, channel, outside, reporter, is_build=is_build)
        task = asyncio.create_task(relay.serve())
        serving.add(task)
        task.add_done_callback(serving.discard)
    await asyncio.gather(*serving, return_exceptions=True)


def main() -> None:
    """Run until the host and all sandboxes are gone."""
    control = socket.socket(fileno=int(sys.argv[1]))
    control.setblocking(False)
    os.set_inheritable(control.fileno(), False)
    asyncio.run(serve(control, EgressPolicy(json.loads(sys.argv[2]))))


if __name__ == "__main__":
    main()
