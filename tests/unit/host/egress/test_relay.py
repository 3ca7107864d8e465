"""The relay: each listening socket leads to its grant, the proxy to what is granted, and the host hears of the rest."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.support.async_tests import in_event_loop
from unshelf.contracts.network.policy import EgressPolicy
from unshelf.contracts.network.reasons import NOT_GRANTED
from unshelf.host.egress.plan import plan_for
from unshelf.host.egress.relay import serve

SECONDS = 60


class Sandbox:
    """What a sandbox has of its way out: a proxy, and a place for each exact grant."""

    def __init__(self, channel: socket.socket, listeners: list[socket.socket], control: socket.socket) -> None:
        self.channel = channel
        self.proxy, *self.exact = [each.getsockname() for each in listeners]
        self.control = control

    async def told(self) -> list[dict[str, Any]]:
        """The next message to the host."""
        async with asyncio.timeout(SECONDS):
            message = await asyncio.get_running_loop().sock_recv(self.control, 1 << 16)
        found: list[dict[str, Any]] = json.loads(message)
        return found


@asynccontextmanager
async def relayed(allow: list[str], policy: list[str], *, is_build: bool = False) -> AsyncIterator[Sandbox]:
    """A relay for a sandbox with these grants. Its sockets listen at free ports of this machine's loopback."""
    host, control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    sandbox, channel = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for each in (host, control):
        each.setblocking(False)
    plan = plan_for(allow)
    assert plan is not None
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in plan.listeners]
    serving = asyncio.create_task(serve(control, EgressPolicy(policy)))
    socket.send_fds(
        host, [json.dumps({"sandbox": 7, "allow": allow, "is_build": is_build}).encode()], [channel.fileno()]
    )
    channel.close()
    socket.send_fds(sandbox, [b"listening"], [each.fileno() for each in listeners])
    try:
        yield Sandbox(sandbox, listeners, host)
    finally:
        for each in (sandbox, host, *listeners):
            each.close()
        async with asyncio.timeout(SECONDS):
            await serving
        control.close()


def add_sandbox(control: socket.socket, *descriptors: int) -> socket.socket:
    """Tell a relay of one more sandbox without a grant that is of use, which sends these; its channel."""
    sandbox, channel = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    said = {"sandbox": 8, "allow": ["db.example.org:5432"]}
    socket.send_fds(control, [json.dumps(said).encode()], [channel.fileno()])
    channel.close()
    socket.send_fds(sandbox, [b"listening"], list(descriptors))
    return sandbox


@asynccontextmanager
async def echoing() -> AsyncIterator[int]:
    """The port of a server that sends back what it gets, until its end."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.read())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def say(place: tuple[str, int], data: bytes) -> bytes:
    """What comes back for this, until the end."""
    reader, writer = await asyncio.open_connection(*place)
    try:
        writer.write(data)
        writer.write_eof()
        async with asyncio.timeout(SECONDS):
            return await reader.read()
    finally:
        writer.close()


@in_event_loop
async def test_a_listening_socket_leads_to_its_grant_and_half_closed_connections_live_on() -> None:
    async with echoing() as port, relayed([f"127.0.0.1:{port}"], ["127.0.0.1"]) as sandbox:
        assert await say(sandbox.exact[0], b"x" * 1_000_000) == b"x" * 1_000_000


@in_event_loop
async def test_the_proxy_leads_to_what_is_granted_and_says_what_grants_the_rest() -> None:
    async with echoing() as port, relayed([f"127.0.0.1:{port}"], ["127.0.0.1"]) as sandbox:
        tunnel = f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n".encode()
        assert await say(sandbox.proxy, tunnel + b"hello") == b"HTTP/1.1 200 Connected\r\n\r\nhello"
        refused = await say(sandbox.proxy, b"CONNECT db.example.org:5432 HTTP/1.1\r\n\r\n")
        assert refused.startswith(
            b'HTTP/1.1 403 db.example.org:5432 is not granted: [network] allow = ["db.example.org:5432"]'
        )
        assert await sandbox.told() == [
            {"sandbox": 7, "place": "db.example.org:5432", "reason": NOT_GRANTED, "count": 1}
        ]


@in_event_loop
async def test_a_request_for_a_page_is_passed_on() -> None:
    async with echoing() as port, relayed([f"127.0.0.1:{port}"], ["127.0.0.1"]) as sandbox:
        answer = await say(sandbox.proxy, f"GET http://127.0.0.1:{port}/a HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert answer == b"GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@in_event_loop
async def test_what_the_policy_keeps_from_being_reached_is_reset_and_told() -> None:
    async with echoing() as port, relayed([f"127.0.0.1:{port}"], ["*"]) as sandbox:
        with pytest.raises(ConnectionError):
            await say(sandbox.exact[0], b"hello")
        (said,) = await sandbox.told()
        assert said["place"] == f"127.0.0.1:{port}" and "UNSHELF_EGRESS_ALLOW" in said["reason"]
        answer = await say(sandbox.proxy, f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n".encode())
        assert answer.startswith(b"HTTP/1.1 403 ")


@in_event_loop
async def test_what_is_no_request_gets_an_answer_or_an_end() -> None:
    async with relayed(["db.example.org:5432"], ["*"]) as sandbox:
        assert (await say(sandbox.proxy, b"SSH-2.0-x\r\n\r\n")).startswith(b"HTTP/1.1 400 ")
        assert await say(sandbox.proxy, b"") == b""
        with pytest.raises(ConnectionError):  # longer than any head: it is cut
            assert await say(sandbox.proxy, b"x" * 200_000) == b""
            raise ConnectionError


@in_event_loop
async def test_the_host_hears_when_a_sandbox_is_gone_and_its_connections_end() -> None:
    async with echoing() as port, relayed([f"127.0.0.1:{port}"], ["127.0.0.1"]) as sandbox:
        reader, writer = await asyncio.open_connection(*sandbox.exact[0])
        writer.write(b"hello")
        await writer.drain()
        sandbox.channel.close()
        assert await sandbox.told() == [{"sandbox": 7, "gone": True}]
        async with asyncio.timeout(SECONDS):
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
        writer.close()


@in_event_loop
async def test_a_sandbox_that_sends_anything_else_has_no_way_out_and_harms_nobody() -> None:
    async with echoing() as port, relayed([f"127.0.0.1:{port}"], ["127.0.0.1"]) as sandbox:
        one, other = socket.socketpair()
        with socket.create_server(("127.0.0.1", 0)) as unused:
            channel = add_sandbox(sandbox.control, unused.fileno(), one.fileno())
            assert await say(sandbox.exact[0], b"hello") == b"hello"
        for each in (channel, one, other):
            each.close()


@in_event_loop
async def test_a_sandbox_that_makes_its_sockets_block_holds_nobody_else_up() -> None:
    """Given a program in a sandbox that shares its listening sockets, when it has the relay wait at one, then others are served."""
    async with echoing() as port, relayed([f"127.0.0.1:{port}"], ["127.0.0.1"]) as sandbox:
        with socket.create_server(("127.0.0.1", 0)) as poisoned:
            channel = add_sandbox(sandbox.control, poisoned.fileno())
            assert (await say(poisoned.getsockname(), b"SSH-2.0-x\r\n\r\n")).startswith(b"HTTP/1.1 400 ")
            poisoned.setblocking(True)
            with socket.create_connection(poisoned.getsockname()):
                assert await say(sandbox.exact[0], b"hello") == b"hello"
            assert await say(sandbox.exact[0], b"hello") == b"hello"
            channel.close()


@in_event_loop
async def test_the_host_gets_an_answer_when_it_asks_for_one() -> None:
    async with relayed(["db.example.org:5432"], ["*"]) as sandbox:
        sandbox.control.send(b'{"ping": 3}')
        assert await sandbox.told() == [{"pong": 3}]


@in_event_loop
async def test_a_build_is_advised_of_the_setting_that_adds_a_place() -> None:
    async with echoing() as port, relayed([f"127.0.0.1:{port}"], ["*"], is_build=True) as sandbox:
        for place in ("index.crates.io:443", f"127.0.0.1:{port}"):  # one that is not granted, one that is not public
            answer = await say(sandbox.proxy, f"CONNECT {place} HTTP/1.1\r\n\r\n".encode())
            assert answer.startswith(b"HTTP/1.1 403 ")
            assert f"UNSHELF_BUILD_HOSTS={place} adds it".encode() in answer
