"""Where webhooks may lead: never into the private network, unless the operator named the host."""

import socket
from typing import Any

import pytest

from unshelf.contracts.errors import InvalidInput
from unshelf.manage.webhooks.destinations import Destinations, NoAddress

LISTED = Destinations(["hooks.internal:8080", "Chat.internal", "10.1.2.3"])
NONE = Destinations([])


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/", "https://127.0.0.1/", "https://[::1]/", "https://10.0.0.1/", "https://169.254.169.254/latest",
        "https://[::ffff:127.0.0.1]/", "https://[64:ff9b::a00:1]/", "https://[2002:a00:1::]/", "https://0.0.0.0/",
        "https://100.64.0.1/", "https://224.0.0.1/", "https://[fe80::1%25eth0]/", "ftp://example.org/", "https://",
        "https://user:pw@example.org/", "https://example.org/#x", "https://exa mple.org/", "https://example.org:0/",
        "https://example.org:99999/", "https://[/", "file:///etc/passwd", "https://example.org/\r\nX: y", "https://" + "x" * 2000,
    ],
)  # fmt: skip
def test_a_webhook_does_not_lead_there(url: str) -> None:
    with pytest.raises(InvalidInput):
        NONE.check(url)


@pytest.mark.parametrize(
    ("url", "authority", "target"),
    [
        ("https://Example.org", "example.org", "/"),
        ("https://example.org:8443/a/b?c=d", "example.org:8443", "/a/b?c=d"),
        ("https://[2606:4700::1111]/x", "[2606:4700::1111]", "/x"),
        ("http://hooks.internal:8080/x", "hooks.internal:8080", "/x"),
        ("http://chat.internal:99/x", "chat.internal:99", "/x"),
        ("https://10.1.2.3/", "10.1.2.3", "/"),
    ],
)
def test_a_webhook_leads_there(url: str, authority: str, target: str) -> None:
    found = LISTED.check(url)
    assert (found.authority, found.target) == (authority, target)


def test_a_host_is_listed_for_its_port_alone_where_one_is_named() -> None:
    with pytest.raises(InvalidInput, match="https"):
        LISTED.check("http://hooks.internal:8081/")


def resolving_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    def getaddrinfo(_host: str, port: int, **_options: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "::1", "fd00::1", "169.254.169.254", "::ffff:10.0.0.1"])
def test_a_public_name_with_a_private_address_is_not_spoken_to(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    resolving_to(monkeypatch, address)
    with pytest.raises(NoAddress, match="public"):
        NONE.resolve(NONE.check("https://rebound.example.org/"))


def test_the_first_address_that_may_be_spoken_to_is(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving_to(monkeypatch, "10.0.0.1", "93.184.215.14")
    assert NONE.resolve(NONE.check("https://example.org/")) == "93.184.215.14"
    assert LISTED.resolve(LISTED.check("https://chat.internal/")) == "10.0.0.1"


def test_a_name_without_an_address_is_said_to_be_one() -> None:
    with pytest.raises(NoAddress, match="no address"):
        NONE.resolve(NONE.check("https://nowhere.invalid/"))
