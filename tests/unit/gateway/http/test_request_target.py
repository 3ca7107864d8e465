"""Targets as clients and proxies write them, and heads that the parser lets pass though they may not."""

import pytest

from unshelf.gateway.http.request_target import BadTarget, fault_of_head, read_target


@pytest.mark.parametrize(
    ("url", "read"),
    [
        (b"/models/iris?x=1", ("/models/iris?x=1", "/models/iris", "x=1", "")),
        (b"/a%2Fb%20c?%20", ("/a%2Fb%20c?%20", "/a/b c", "%20", "")),
        (b"http://host:80/a?b", ("/a?b", "/a", "b", "host:80")),
        (b"HTTPS://host", ("/", "/", "", "host")),
        (b"http://host?q", ("/?q", "/", "q", "host")),
        (b"*", ("*", "*", "", "")),
        (b"/%ff", ("/%ff", "/\ufffd", "", "")),
    ],
)
def test_targets_are_read_in_every_form(url: bytes, read: tuple[str, str, str, str]) -> None:
    assert read_target(url) == read


@pytest.mark.parametrize("url", [b"host:443", b"ftp://host/a", b"a/b", b"http:///a", b"http://user@host/", b""])
def test_a_target_that_leads_nowhere_is_refused(url: bytes) -> None:
    with pytest.raises(BadTarget):
        read_target(url)


@pytest.mark.parametrize(
    ("version", "headers", "said"),
    [
        ("2.0", {}, "HTTP/2.0 is not spoken"),
        ("1.1", {}, "host is missing"),
        ("1.0", {"transfer-encoding": "chunked"}, "no transfer-encoding"),
        ("1.1", {"host": "a", "transfer-encoding": "gzip, chunked"}, "only chunked"),
    ],
)
def test_heads_that_could_be_read_in_two_ways_have_a_fault(version: str, headers: dict[str, str], said: str) -> None:
    assert said in fault_of_head(version, headers)


def test_ordinary_heads_have_none() -> None:
    assert fault_of_head("1.0", {}) == ""
    assert fault_of_head("1.1", {"host": "a", "transfer-encoding": " Chunked"}) == ""
