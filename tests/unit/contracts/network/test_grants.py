"""Grants as they are written: strict, and an error says how."""

import pytest

from unshelf.contracts.network.grants import (
    MOST_GRANTS,
    NetworkGrant,
    host_of,
    line_for,
    place_of,
    read_grant,
    read_grants,
)


@pytest.mark.parametrize(
    ("text", "grant"),
    [
        ("DB.Example.org:5432", "db.example.org:5432"),
        ("db.example.org.:5432", "db.example.org:5432"),
        ("*.example.org:443", "*.example.org:443"),
        ("10.0.0.1:80", "10.0.0.1:80"),
        ("[FD00::1]:5432", "[fd00::1]:5432"),
        ("localhost:5432", "localhost:5432"),
        ("xn--bcher-kva.example:443", "xn--bcher-kva.example:443"),
    ],
)
def test_a_grant_is_a_host_and_a_port(text: str, grant: str) -> None:
    assert str(read_grant(text)) == grant
    assert read_grant(grant) == read_grant(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("https://example.org:443", "an address of a page"),
        ("example.org", "no port"),
        ("::1:5432", "no port"),
        ("example.org:0", "no port, a number from 1 to 65535"),
        ("example.org:65536", "no port, a number"),
        ("example.org:http", "no port, a number"),
        ("*:443", "grants every host"),
        ("*.*.example.org:443", "no host name"),
        ("db*.example.org:443", "no host name"),
        ("two words:1", "no host name"),
        ("1.2.3:4", "no address"),
        ("0x7f.1:4", "no address"),
        ("bücher.example:443", "xn--"),
        (f"{'a' * 64}.example:1", "no host name"),
        (":443", "no port"),
        ("", "no port"),
    ],
)
def test_what_is_no_grant_is_refused_with_how_it_is_written(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=r"HOST:PORT|name one") as refused:
        read_grant(text)
    assert why in str(refused.value)


def test_a_grant_covers_its_own_port_and_the_names_below_its_domain() -> None:
    below = NetworkGrant("*.example.org", 443)
    assert below.is_wildcard and below.covers("a.b.example.org", 443)
    assert not below.covers("example.org", 443) and not below.covers("a.example.org", 80)
    assert not below.covers("badexample.org", 443) and not below.covers("a.example.org.evil.com", 443)
    exact = NetworkGrant("db.example.org", 5432)
    assert exact.covers("db.example.org", 5432) and not exact.covers("x.db.example.org", 5432)


def test_grants_are_each_there_once_and_not_without_end() -> None:
    assert list(map(str, read_grants(["b.example:1", "A.example:1", "a.example:1"]))) == ["a.example:1", "b.example:1"]
    with pytest.raises(ValueError, match=f"at most {MOST_GRANTS}"):
        read_grants(f"h{number}.example:1" for number in range(MOST_GRANTS + 1))


def test_places_are_written_as_the_file_has_them() -> None:
    assert place_of("fd00::1", 1) == "[fd00::1]:1"
    assert line_for(["a.example:1", "b.example:2"]) == '[network] allow = ["a.example:1", "b.example:2"]'
    with pytest.raises(ValueError, match="no host name"):
        host_of("*.example.org")
