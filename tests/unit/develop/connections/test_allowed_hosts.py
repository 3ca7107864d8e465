"""The allow-list of hosts: whom a connection may speak to, and at which address."""

import socket
from typing import Any

import pytest

from unshelf.contracts.errors import Unavailable
from unshelf.develop.connections.allowed_hosts import AllowedHosts, HostNotAllowed, check_entry


def hosts(*entries: str, addresses: dict[str, list[str]] | None = None) -> AllowedHosts:
    """A list whose resolver knows these names alone."""
    made = AllowedHosts(entries)

    def resolve(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        if host[0].isdigit() or ":" in host:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        if host not in (addresses or {}):
            raise socket.gaierror
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in (addresses or {})[host]]

    made._resolve = resolve  # type: ignore[assignment]
    return made


@pytest.mark.parametrize(
    ("entry", "host", "port", "address", "allowed"),
    [
        ("db.example.org", "db.example.org", 5432, "10.0.0.7", True),
        ("db.example.org", "DB.Example.org.", 5432, "10.0.0.7", True),
        ("db.example.org:5432", "db.example.org", 5432, "10.0.0.7", True),
        ("db.example.org:5432", "db.example.org", 22, "10.0.0.7", False),
        ("db.example.org", "other.example.org", 443, "93.184.216.34", False),
        ("*.example.org", "db.example.org", 443, "93.184.216.34", True),
        ("*.example.org", "example.org", 443, "93.184.216.34", False),
        ("*.example.org", "badexample.org", 443, "93.184.216.34", False),
        ("*.example.org", "db.example.org", 443, "10.0.0.7", False),
        ("*.example.org", "db.example.org", 443, "127.0.0.1", False),
        ("*.example.org", "db.example.org", 443, "169.254.169.254", False),
        ("*.example.org", "db.example.org", 443, "::1", False),
        ("*.example.org", "db.example.org", 443, "::ffff:127.0.0.1", False),
        ("*.example.org", "db.example.org", 443, "224.0.0.1", False),
        ("*.example.org", "db.example.org", 443, "2002:7f00:1::", False),
        ("*.example.org", "db.example.org", 443, "64:ff9b::a9fe:a9fe", False),
    ],
)
def test_a_host_is_spoken_to_only_where_the_list_says(
    entry: str, host: str, port: int, address: str, allowed: bool
) -> None:
    name = host.lower().rstrip(".")
    made = hosts(entry, addresses={name: [address]})
    if allowed:
        assert made.address_of(host, port) == address
    else:
        with pytest.raises(HostNotAllowed):
            made.address_of(host, port)


def test_a_range_names_addresses_and_makes_those_of_a_domain_good() -> None:
    made = hosts(
        "10.0.0.0/8", "*.example.org", addresses={"db.example.org": ["192.168.0.1", "10.1.2.3"], "x.org": ["10.1.2.3"]}
    )
    assert made.address_of("10.9.9.9", 5432) == "10.9.9.9"
    assert made.address_of("db.example.org", 5432) == "10.1.2.3"
    for other in ("x.org", "11.0.0.1", "127.0.0.1"):
        with pytest.raises(HostNotAllowed):
            made.address_of(other, 5432)


def test_a_name_is_resolved_once() -> None:
    addresses = {"db.example.org": ["93.184.216.34"]}
    made = hosts("*.example.org", addresses=addresses)
    first = made.address_of("db.example.org", 443)
    addresses["db.example.org"] = ["127.0.0.1"]
    assert made.address_of("db.example.org", 443) == first


def test_without_a_list_nothing_is_allowed_and_an_unknown_name_has_no_address() -> None:
    with pytest.raises(HostNotAllowed):
        hosts().address_of("example.org", 443)
    with pytest.raises(Unavailable):
        hosts("example.org").address_of("example.org", 443)


def test_every_library_of_the_process_resolves_by_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", socket.getaddrinfo)
    AllowedHosts(["127.0.0.1"]).install()
    assert socket.getaddrinfo("127.0.0.1", 80)[0][4][0] == "127.0.0.1"
    with pytest.raises(HostNotAllowed):
        socket.create_connection(("localhost", 80))


@pytest.mark.parametrize(
    "entry", ["db.example.org", "*.example.org", "db:5432", "10.0.0.0/8", "127.0.0.1", "[::1]:443", "::1"]
)
def test_entries_are_read(entry: str) -> None:
    check_entry(entry)


@pytest.mark.parametrize("entry", ["*", "*.", "a.*.b", "", "db:port", "10.0.0.0/99", "https://db"])
def test_what_is_no_entry_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="is no"):
        check_entry(entry)
