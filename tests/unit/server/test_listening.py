"""The listening socket, and what is said when an address can't be had."""

import socket
import threading

import pytest

from unshelf.server.listening import CannotListen, is_loopback, listen, reserve, url_of


def test_port_0_takes_a_free_port_and_says_which() -> None:
    with listen("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        assert url_of(listening) == f"http://127.0.0.1:{port}"
        socket.create_connection(("127.0.0.1", port)).close()


def test_listening_on_all_addresses_is_shown_as_one_that_can_be_opened() -> None:
    with listen("0.0.0.0", 0) as listening:
        assert url_of(listening).startswith("http://127.0.0.1:")


def test_a_port_in_use_is_said_with_what_to_do() -> None:
    with listen("127.0.0.1", 0) as taken, pytest.raises(CannotListen, match=r"in use by another program.*--port"):
        listen("127.0.0.1", taken.getsockname()[1])


def test_with_patience_a_port_that_becomes_free_is_taken() -> None:
    taken = listen("127.0.0.1", 0)
    port = taken.getsockname()[1]
    threading.Timer(0.2, taken.close).start()
    with listen("127.0.0.1", port, patience=5) as listening:
        assert listening.getsockname()[1] == port


def test_a_reserved_port_is_for_those_who_share_it() -> None:
    with listen("127.0.0.1", 0) as taken, pytest.raises(CannotListen, match=r"in use by another.*UNSHELF_GRPC_PORT"):
        reserve("127.0.0.1", taken.getsockname()[1])
    with reserve("127.0.0.1", 0) as reserved, pytest.raises(CannotListen, match="in use"):
        port = reserved.getsockname()[1]
        with reserve("127.0.0.1", port), socket.socket() as sharing:
            sharing.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            sharing.bind(("127.0.0.1", port))
        listen("127.0.0.1", port)


def test_an_address_of_another_machine() -> None:
    with pytest.raises(CannotListen, match=r"can't listen on 192\.0\.2\.1"):
        listen("192.0.2.1", 0)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.1.2.3", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False),
     ("192.168.1.5", False), ("example.com", False)],
)  # fmt: skip
def test_what_other_machines_can_reach(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback
