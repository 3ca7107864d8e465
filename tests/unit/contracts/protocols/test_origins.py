"""Origins: as a Host header writes them, and nothing for what names no server."""

import pytest

from unshelf.contracts.protocols.origins import origin_authority


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
