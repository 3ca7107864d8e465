"""What systemd hears of the server, on a real datagram socket."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from unshelf.server.service.systemd import ServiceManager


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    """The address as NOTIFY_SOCKET has it, and the socket that listens there."""
    name = f"@unshelf-test-{os.getpid()}" if request.param == "abstract" else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0{name[1:]}" if name.startswith("@") else name)
        listening.settimeout(5)
        yield name, listening


def lines(listening: socket.socket) -> list[str]:
    return listening.recv(4096).decode().splitlines()


def test_it_hears_that_the_server_is_ready_and_that_it_stops(manager: tuple[str, socket.socket]) -> None:
    address, listening = manager
    service = ServiceManager({"NOTIFY_SOCKET": address})
    service.ready("http://127.0.0.1:8000")
    assert lines(listening)[:2] == ["READY=1", "STATUS=ready at http://127.0.0.1:8000"]
    service.beat()
    service.stopping(30)
    assert lines(listening)[0] == "STOPPING=1", "nobody asked for beats"


def test_it_hears_beats_where_it_looks_for_them(manager: tuple[str, socket.socket]) -> None:
    address, listening = manager
    service = ServiceManager({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())})
    service.beat()
    assert lines(listening) == ["WATCHDOG=1"]
    service.beat()
    listening.setblocking(False)
    with pytest.raises(BlockingIOError):
        listening.recv(10)


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"NOTIFY_SOCKET": "no/address"},
        {"NOTIFY_SOCKET": "/nowhere/at/all"},
        {"WATCHDOG_USEC": "soon"},
        {"NOTIFY_SOCKET": "/nowhere/at/all", "WATCHDOG_USEC": "1", "WATCHDOG_PID": "1"},
    ],
)
def test_nobody_who_listens_is_no_fault(environment: dict[str, str]) -> None:
    service = ServiceManager(environment)
    service.ready("http://127.0.0.1:8000")
    service.beat()
    service.stopping(1)
