"""Readiness: host, control and gateway are asked, each until it has answered."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from unshelf.server.readiness import Readiness


class Gateway:
    """Answers with the statuses it is told, and keeps what it was asked."""

    def __init__(self) -> None:
        self.statuses = {"/api/v1/whoami": 200, "/readyz": 200}
        self.asked: list[tuple[str, str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append((self.path, self.headers["authorization"], self.headers["host"]))
                self.send_response(outer.statuses[self.path])
                self.end_headers()

            def log_message(self, format: str, *arguments: object) -> None:
                """Tests print what matters to them."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def paths(self) -> list[str]:
        return [path for path, *_ in self.asked]


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    made = Gateway()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture
def host(tmp_path: Path) -> Iterator[str]:
    """The path of a socket at which a host listens."""
    with socket.socket(socket.AF_UNIX) as listening:
        path = str(tmp_path / "host.sock")
        listening.bind(path)
        listening.listen()
        yield path


def test_all_that_answer_are_ready_and_control_is_asked_once(gateway: Gateway, host: str) -> None:
    ready = Readiness(gateway.url, "secret", host_name="models.example", host_socket=host)
    assert ready()
    assert ready()
    assert gateway.paths() == ["/api/v1/whoami", "/readyz", "/readyz"]
    assert {asked[1:] for asked in gateway.asked} == {("Bearer secret", "models.example")}


def test_without_the_host_nobody_else_is_asked(gateway: Gateway, tmp_path: Path) -> None:
    assert not Readiness(gateway.url, "", host_name=None, host_socket=str(tmp_path / "host.sock"))()
    assert gateway.asked == []


@pytest.mark.parametrize(("path", "status"), [("/api/v1/whoami", 502), ("/api/v1/whoami", 401), ("/readyz", 503)])
def test_a_part_that_is_not_ready_yet_is_asked_again(gateway: Gateway, host: str, path: str, status: int) -> None:
    ready = Readiness(gateway.url, "", host_name=None, host_socket=host)
    gateway.statuses[path] = status
    assert not ready()
    gateway.statuses[path] = 200
    assert ready()


def test_an_address_where_nobody_listens_is_not_ready(host: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    assert not Readiness(f"http://127.0.0.1:{port}", "", host_name=None, host_socket=host)()


def test_an_answer_that_is_no_http_is_not_ready(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"SSH-2.0\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        assert not Readiness(url, "", host_name=None, host_socket=host)()
        thread.join()
