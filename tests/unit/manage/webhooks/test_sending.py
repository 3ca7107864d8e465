"""One request to a webhook, against real sockets: signed, bounded, and never redirected."""

import socket
import threading
import time

import pytest

from tests.support.notifying import Receiver, webhook_receiver
from unshelf.manage.webhooks.destinations import Destination
from unshelf.manage.webhooks.sending import SendFailed, post, signature


def at(port: int, scheme: str = "http") -> Destination:
    return Destination(scheme=scheme, host="hooks.internal", port=port, target="/hook?x=1")


def test_a_signature_is_what_receivers_expect() -> None:
    made = signature("whsec_x", 1_700_000_000, b'{"id":"1"}')
    assert made == "t=1700000000,v1=2a4c358c007b6b48ca32f3ede65847ce076037deee0c16a6c4538015532d62c1"
    others = [
        ("whsec_y", 1_700_000_000, b'{"id":"1"}'),
        ("whsec_x", 1, b'{"id":"1"}'),
        ("whsec_x", 1_700_000_000, b"{}"),
    ]
    assert made not in [signature(*other) for other in others]


def test_the_body_arrives_at_the_address_under_the_host_s_name() -> None:
    with webhook_receiver() as receiver:
        assert post(at(receiver.port), "127.0.0.1", b"body", {"Unshelf-Kind": "k"}) == 204
    path, headers, body = receiver.received[0]
    assert (path, body, headers["unshelf-kind"]) == ("/hook?x=1", b"body", "k")
    assert headers["host"] == f"hooks.internal:{receiver.port}"


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    with webhook_receiver() as receiver:
        receiver.answers = [(302, {"Location": receiver.url})]
        assert post(at(receiver.port), "127.0.0.1", b"", {}) == 302
        assert len(receiver.received) == 1


def test_a_receiver_that_goes_on_slowly_is_cut_off() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            connection, _ = listening.accept()
            with connection:
                try:
                    connection.sendall(b"HTTP/1.1 200 OK\r\n")
                    while True:
                        connection.sendall(b"X: y")
                        threading.Event().wait(0.05)
                except OSError:
                    return

        thread = threading.Thread(target=drip)
        thread.start()
        begun = time.monotonic()
        with pytest.raises(SendFailed, match=r"within 0\.5 seconds"):
            post(at(listening.getsockname()[1]), "127.0.0.1", b"", {}, seconds=0.5)
        assert time.monotonic() - begun < 30
        thread.join()


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n"])
def test_a_receiver_that_speaks_no_http_is_a_failure(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(SendFailed):
            post(at(listening.getsockname()[1]), "127.0.0.1", b"", {})
        thread.join()


def test_a_closed_port_and_a_receiver_without_tls_are_failures(receiver: Receiver) -> None:
    with pytest.raises(SendFailed, match="TLS"):
        post(at(receiver.port, "https"), "127.0.0.1", b"", {})
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(SendFailed, match="refused"):
        post(at(port), "127.0.0.1", b"", {})
    assert receiver.received == []
