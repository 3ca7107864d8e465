"""Requests that are addressed to another name, or come from another page, are refused."""

import pytest

from unshelf.gateway.access.host_policy import HostPolicy, host_name
from unshelf.gateway.errors import ProblemError

OURS = HostPolicy(["Models.Example", "127.0.0.1", "::1"])


def is_allowed(policy: HostPolicy, host: str, origin: str | None = None) -> bool:
    try:
        policy.check(host, origin)
    except ProblemError:
        return False
    return True


@pytest.mark.parametrize("host", ["models.example", "MODELS.example:8000", "127.0.0.1:1", "[::1]:8000", "[::1]"])
def test_our_names_are_taken_with_any_port_and_in_any_case(host: str) -> None:
    assert is_allowed(OURS, host)
    assert is_allowed(OURS, host), "and again, now that it is known"


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "evil.example",
        "models.example.evil",
        "127.0.0.1.nip.io:80",
        "models.example:80x",
        "[::1]x",
        "models.example:" + "1" * 60_000,
    ],
)
def test_another_name_is_misdirected(host: str | None) -> None:
    with pytest.raises(ProblemError) as refused:
        OURS.check(host, None)
    assert refused.value.status == 421


def test_long_names_are_not_remembered() -> None:
    policy = HostPolicy(["models.example"])
    for host in (f"{' ' * 60_000}models.example", "models.example"):
        policy.check(host, None)
    assert policy._good == {"models.example"}


def test_without_a_list_every_name_is_ours() -> None:
    assert is_allowed(HostPolicy(None), "anything")
    assert not is_allowed(HostPolicy([]), "anything")


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("models.example", "http://models.example"),
        ("models.example", "https://models.example:443"),
        ("models.example:8000", "http://models.example:8000"),
    ],
)
def test_a_page_of_ours_may_call(host: str, origin: str) -> None:
    assert is_allowed(OURS, host, origin)


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "http://models.example:9000",
        "file://models.example",
        "http://[",
        "",
        "http://" + "a" * 60_000,
    ],
)
def test_a_page_of_another_origin_may_not(origin: str) -> None:
    with pytest.raises(ProblemError) as refused:
        OURS.check("models.example", origin)
    assert refused.value.status == 403


def test_the_host_of_an_authority() -> None:
    assert [host_name(text) for text in ("A:80", "[::1]:80", "::1", " b ")] == ["a", "::1", "::1", "b"]
