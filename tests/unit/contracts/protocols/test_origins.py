"""Origins: as a Host header writes them, and nothing for what names no server."""

import pytest

from unshelf.contracts.protocols.origins import origin_authority, web_origin


@pytest.mark.parametrize(
    ("origin", "authority"),
    [
        ("https://models.example", "models.example"),
        ("https://Models.Example:443", "models.example"),
        ("http://models.example:80/path", "models.example"),
        ("https://models.example:80", "models.example:80"),
        ("http://[::1]:8000", "[::1]:8000"),
        ("null", None),
        ("", None),
        ("ftp://models.example", None),
        ("https://", None),
        ("https://models.example:port", None),
        ("https://" + "m" * 600, None),
    ],
)
def test_an_origin_is_read_as_a_host_header_writes_it(origin: str, authority: str | None) -> None:
    assert origin_authority(origin) == authority


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://App.Example.org", "https://app.example.org"),
        (" https://app.example.org:443/ ", "https://app.example.org"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(text: str, origin: str) -> None:
    assert web_origin(text) == origin


@pytest.mark.parametrize(
    "text",
    ["*", "https://*.example.org", "null", "app.example.org", "https://app.example.org/page", "https://a.example?x", "https://münchen.example",
     "file:///x", "https://user:word@app.example.org", "https://", "https://a b.example", "http://["],
)  # fmt: skip
def test_what_names_no_single_origin_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"origin"):
        web_origin(text)
