"""Connections to the outside: only judged addresses are spoken to, and the operator's proxy is gone through where there is one."""

import asyncio
import socket
from collections.abc import Iterator

import pytest

from tests.support.async_tests import in_event_loop
from unshelf.contracts.network.policy import EgressPolicy
from unshelf.host.egress.reaching import Outside, PlaceRefused, PlaceUnreachable


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def port() -> Iterator[int]:
    """The port of a server that says `hello`."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Have every name resolve to these."""

    async def getaddrinfo(_loop: object, _host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)


@in_event_loop
async def test_a_name_that_leads_to_this_machine_is_not_spoken_to(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, "127.0.0.1")
    with pytest.raises(PlaceRefused, match="UNSHELF_EGRESS_ALLOW"):
        await Outside(EgressPolicy(["*"])).connect("db.example.org", port)


@in_event_loop
async def test_a_host_that_the_operator_names_may_lead_anywhere(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, "127.0.0.1")
    _, writer = await Outside(EgressPolicy([f"db.example.org:{port}"])).connect("db.example.org", port)
    writer.close()


@in_event_loop
async def test_of_several_addresses_only_those_are_tried_that_may_be(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, "169.254.169.254", "10.0.0.1", "127.0.0.1")
    _, writer = await Outside(EgressPolicy(["*", "127.0.0.0/8"])).connect("db.example.org", port)
    assert writer.get_extra_info("peername")[0] == "127.0.0.1"
    writer.close()


@in_event_loop
async def test_what_does_not_answer_is_unreachable_and_not_refused() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(PlaceUnreachable):
            await Outside(EgressPolicy(["127.0.0.1"])).connect("127.0.0.1", unused.getsockname()[1])


@in_event_loop
async def test_the_operator_s_proxy_is_asked_for_a_tunnel(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nhello")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    proxy = server.sockets[0].getsockname()[1]
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:pass%21@127.0.0.1:{proxy}")
    reader, writer = await Outside(EgressPolicy(["*"])).connect_by_proxy("pages.example.org", 443)
    assert await reader.read() == b"hello"
    writer.close()
    server.close()
    assert asked[0].startswith(b"CONNECT pages.example.org:443 HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic dXNlcjpwYXNzIQ==\r\n" in asked[0]


@in_event_loop
async def test_a_proxy_that_says_no_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 407 Who are you\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    monkeypatch.setenv("HTTPS_PROXY", f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
    with pytest.raises(PlaceUnreachable, match="407 Who are you"):
        await Outside(EgressPolicy(["*"])).connect_by_proxy("pages.example.org", 443)
    server.close()


@in_event_loop
async def test_hosts_that_the_operator_excepts_are_spoken_to_directly(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    _, writer = await Outside(EgressPolicy(["127.0.0.1"])).connect_by_proxy("127.0.0.1", port)
    writer.close()


@in_event_loop
async def test_a_private_address_is_not_asked_of_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    with pytest.raises(PlaceRefused):
        await Outside(EgressPolicy(["*"])).connect_by_proxy("169.254.169.254", 80)


@in_event_loop
async def test_requests_that_are_not_tunnelled_have_a_proxy_of_their_own(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://user:pass%21@127.0.0.1:{port}")
    outside = Outside(EgressPolicy(["*"]))
    proxy = outside.proxy_for_requests("pages.example.org", 80)
    assert proxy is not None
    assert (proxy.port, proxy.authorization) == (port, "Basic dXNlcjpwYXNzIQ==")
    _, writer = await outside.connect_to_proxy(proxy, "pages.example.org", 80)
    writer.close()
    with pytest.raises(PlaceRefused):
        await outside.connect_to_proxy(proxy, "169.254.169.254", 80)
