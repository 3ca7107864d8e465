"""Trusted proxies: nobody else's word on the caller's address counts, and of a chain only its true end."""

import pytest

from unshelf.gateway.access.forwarded import TrustedProxies

PROXIES = TrustedProxies(["10.0.0.0/8", "::1"])


@pytest.mark.parametrize(
    ("peer", "said", "address"),
    [
        ("192.0.2.7", "198.51.100.1", "192.0.2.7"),  # no proxy of ours: it may say what it likes
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "127.0.0.1, 198.51.100.1", "198.51.100.1"),  # the caller's own invention comes first
        ("10.0.0.1", "198.51.100.1, 10.9.9.9", "198.51.100.1"),
        ("10.0.0.1", "10.1.1.1", "10.1.1.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1, unknown", "10.0.0.1"),
        ("::ffff:10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("[::1]", "[2001:db8::1]", "[2001:db8::1]"),
        ("", "198.51.100.1", ""),
    ],
)
def test_the_caller_is_the_last_one_that_is_no_proxy_of_ours(peer: str, said: str, address: str) -> None:
    assert PROXIES.origin_of(peer, "http", {"x-forwarded-for": said})[0] == address


def test_the_scheme_is_believed_from_a_proxy_alone() -> None:
    said = {"x-forwarded-proto": "https"}
    assert PROXIES.origin_of("10.0.0.1", "http", said) == ("10.0.0.1", "https")
    assert PROXIES.origin_of("192.0.2.7", "http", said) == ("192.0.2.7", "http")
    assert PROXIES.origin_of("10.0.0.1", "http", {"x-forwarded-proto": "gopher"})[1] == "http"


def test_without_proxies_nothing_is_believed() -> None:
    said = {"x-forwarded-for": "198.51.100.1", "x-forwarded-proto": "https"}
    assert TrustedProxies([]).origin_of("127.0.0.1", "http", said) == ("127.0.0.1", "http")


def test_what_is_no_network_is_refused() -> None:
    with pytest.raises(ValueError, match="nginx"):
        TrustedProxies(["nginx"])
