"""Refused connections in the model's own words."""

import errno
import socket
from collections.abc import Iterator

import pytest

from unshelf.worker.process.refusals import explain_refusals


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The places that the host hears of, of a program that may reach `db.example.org:5432` and pages of example.org."""
    places: list[str] = []
    monkeypatch.setattr(socket, "getaddrinfo", _resolve)
    before = socket.socket.__dict__.get("connect"), socket.socket.__dict__.get("connect_ex")
    explain_refusals(["db.example.org:5432", "*.example.org:443"], "iris", places.append)
    yield places
    for name, method in zip(("connect", "connect_ex"), before, strict=True):
        assert method is None
        delattr(socket.socket, name)


def _resolve(host: str, port: int, *_: object, **__: object) -> list[tuple[object, ...]]:
    if host == "db.example.org":
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
    raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


def test_a_name_that_is_not_granted_fails_with_what_grants_it(told: list[str]) -> None:
    with pytest.raises(socket.gaierror, match="Temporary failure") as failed:
        socket.create_connection(("Other.example.com", 5432))
    assert '[network] allow = ["other.example.com:5432"] in unshelf.toml grants it' in str(failed.value)
    assert "unshelf network iris --allow other.example.com:5432" in str(failed.value)
    assert told == ["other.example.com:5432"]


def test_the_host_hears_once_of_what_is_tried_again_and_again(told: list[str]) -> None:
    for _ in range(3):
        with pytest.raises(socket.gaierror):
            socket.getaddrinfo("other.example.com", 5432)
    assert told == ["other.example.com:5432"]


def test_a_name_below_a_granted_domain_takes_the_proxy(told: list[str]) -> None:
    with pytest.raises(socket.gaierror, match=r"\*.example.org:443 to programs that use the proxy"):
        socket.getaddrinfo("pages.example.org", 443)
    assert told == []


def test_an_address_that_is_not_reached_says_so_by_its_name(told: list[str]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(ConnectionRefusedError, match=f"127.0.0.1:{port} is not granted"), socket.socket() as plain:
            plain.connect(("127.0.0.1", port))
        with socket.socket() as plain:
            assert plain.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED
        with pytest.raises(ConnectionRefusedError, match=f"db.example.org:{port} is not granted"):
            socket.create_connection(("db.example.org", port))
    assert told == [f"127.0.0.1:{port}", f"db.example.org:{port}"]


def test_what_is_no_refusal_stays_as_it_is(told: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as plain:
        plain.connect(server.getsockname())
    with pytest.raises(FileNotFoundError), socket.socket(socket.AF_UNIX) as local:
        local.connect("/nowhere/at/all")
    assert told == []
