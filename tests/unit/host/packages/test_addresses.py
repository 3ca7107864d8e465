"""Where addresses lead, and their names behind the proxy."""

import pytest

from unshelf.host.packages.addresses import location, place_text, proxied, real


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("https://h/simple", ("https", "h", 443)), ("http://me:pw@H:8080/x", ("http", "h", 8080)), ("https://h:443", ("https", "h", 443)),
        ("/wheels", None), ("file:///wheels", None), ("https://", None), ("https://h:x/", None), ("https://[::1", None), ("ftp://h/", None),
    ],
)  # fmt: skip
def test_where_an_address_leads(address: str, place: tuple[str, str, int] | None) -> None:
    assert location(address) == place


@pytest.mark.parametrize(
    ("address", "behind"),
    [
        ("https://host.example.org/simple/", "http://host.example.org.https.invalid/simple/"),
        ("http://127.0.0.1:8080/simple", "http://127.0.0.1.http.invalid:8080/simple"),
        ("own=https://a/x,https://b:1/y /wheels", "own=http://a.https.invalid/x,http://b.https.invalid:1/y /wheels"),
        ('<a href="https://files.org/x.whl#sha256=ab">', '<a href="http://files.org.https.invalid/x.whl#sha256=ab">'),
        ("../../files/x.whl file:///wheels/x.whl", "../../files/x.whl file:///wheels/x.whl"),
    ],
)
def test_an_address_has_one_name_behind_the_proxy_and_is_found_again(address: str, behind: str) -> None:
    assert proxied(address) == behind
    assert proxied(behind) == behind
    assert real(behind) == address


def test_a_place_is_written_with_its_port() -> None:
    assert place_text(("https", "h", 443)) == "https://h:443"
