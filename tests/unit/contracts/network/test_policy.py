"""The operator's policy: what may be granted, and which addresses are spoken to."""

from ipaddress import ip_address

import pytest

from unshelf.contracts.network.grants import read_grant
from unshelf.contracts.network.policy import EgressPolicy, is_public


@pytest.mark.parametrize(
    ("entries", "grant", "may"),
    [
        (["*"], "db.example.org:5432", True),
        (["*"], "*.example.org:443", True),
        (["*:443"], "db.example.org:5432", False),
        (["*"], "10.0.0.1:5432", False),
        (["*"], "8.8.8.8:53", True),
        (["*"], "localhost:5432", False),
        (["*"], "db.localhost:5432", False),
        (["localhost:5432"], "localhost:5432", True),
        (["10.0.0.0/8:5432"], "10.0.0.1:5432", True),
        (["10.0.0.0/8:5432"], "10.0.0.1:80", False),
        (["10.0.0.1"], "10.0.0.1:80", True),
        (["[fd00::1]:5432"], "[fd00::1]:5432", True),
        (["fd00::/8"], "[fd00::1]:5432", True),
        (["*.example.org"], "db.example.org:5432", True),
        (["*.example.org"], "*.eu.example.org:443", True),
        (["*.eu.example.org"], "*.example.org:443", False),
        (["db.example.org"], "*.example.org:443", False),
        (["full"], "db.example.org:5432", False),
        ([], "db.example.org:5432", False),
    ],
)
def test_what_may_be_granted(entries: list[str], grant: str, *, may: bool) -> None:
    assert EgressPolicy(entries).may_grant(read_grant(grant)) is may


@pytest.mark.parametrize(
    ("entries", "host", "address", "may"),
    [
        (["*"], "db.example.org", "93.184.216.34", True),
        (["*"], "db.example.org", "10.0.0.1", False),
        (["*"], "db.example.org", "127.0.0.1", False),
        (["*"], "db.example.org", "169.254.169.254", False),
        (["*.example.org"], "db.example.org", "10.0.0.1", False),
        (["*.example.org", "10.0.0.0/8"], "db.example.org", "10.0.0.1", True),
        (["db.example.org"], "db.example.org", "10.0.0.1", True),
        (["db.example.org:80"], "db.example.org", "10.0.0.1", False),
        (["*.example.org"], "db.example.com", "93.184.216.34", False),
        (["*"], "10.0.0.1", "10.0.0.1", False),
    ],
)
def test_which_addresses_are_spoken_to(entries: list[str], host: str, address: str, *, may: bool) -> None:
    assert EgressPolicy(entries).may_reach(host, 5432, ip_address(address)) is may


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1", "10.0.0.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "0.0.0.0", "::1", "::ffff:10.0.0.1", "64:ff9b::a00:1",
        "2002:a00:1::", "fd00::1", "fe80::1",
    ],
)  # fmt: skip
def test_what_is_not_of_the_public_internet(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("entry", ["", "a b", "*.*", "10.0.0.0/99", "db.example.org:0", "https://example.org"])
def test_what_is_no_entry_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match=r"entry|write|port|name"):
        EgressPolicy([entry])


def test_everything_takes_a_word_of_its_own() -> None:
    assert EgressPolicy(["full"]).allows_everything
    assert not EgressPolicy(["*"]).allows_everything
