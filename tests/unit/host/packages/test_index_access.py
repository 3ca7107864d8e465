"""Credentials of package indexes, as operators give them, and what uv is given instead."""

from pathlib import Path
from typing import Any

import pytest

from unshelf.host.packages.index_access import IndexAccess, address_of


def access(**variables: str) -> IndexAccess:
    return IndexAccess(variables, {name: value for name, value in variables.items() if not name.endswith("WORD")})


@pytest.mark.parametrize(
    ("variables", "credentials"),
    [
        ({}, {}),
        ({"UV_INDEX": "https://a/simple /wheels"}, {}),
        ({"UV_INDEX": "https://me:p%40ss@a/simple https://tok@b:8443/x"}, {"https://a:443": "me:p@ss", "https://b:8443": "tok"}),
        ({"UV_FIND_LINKS": "http://u:p@c/links,/wheels"}, {"http://c:80": "u:p"}),
        (
            {"UV_DEFAULT_INDEX": "own-1=https://a/simple", "UV_INDEX_OWN_1_USERNAME": "me", "UV_INDEX_OWN_1_PASSWORD": "pw"},
            {"https://a:443": "me:pw"},
        ),
        ({"UV_DEFAULT_INDEX": "https://a/simple", "UV_INDEX_OWN_USERNAME": "me"}, {}),
    ],
)  # fmt: skip
def test_credentials_are_found_where_operators_write_them(
    variables: dict[str, str], credentials: dict[str, str]
) -> None:
    found = access(**variables)
    assert found.credentials == credentials
    assert not any(":p" in value or "tok@" in value for value in found.settings.values())


def test_credentials_are_found_in_the_operators_netrc_file(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine a login me password pw\nmachine other login x password y\n")
    index = {"UV_DEFAULT_INDEX": "https://a/simple"}
    assert access(**index, HOME=str(tmp_path)).credentials == {"https://a:443": "me:pw"}
    assert access(**index, NETRC=str(tmp_path / "none"), HOME=str(tmp_path)).credentials == {}
    (tmp_path / ".netrc").write_text("nonsense\n")
    assert access(**index, HOME=str(tmp_path)).credentials == {}


def test_what_no_text_may_show_are_passwords_and_names_that_stand_alone() -> None:
    assert access(UV_INDEX="https://me:pw@a/ https://tok@b/").passwords == {"pw", "tok"}


def test_uv_gets_addresses_that_the_proxy_alone_knows() -> None:
    given = access(
        UV_INDEX="own=https://me:pw@a/simple", UV_FIND_LINKS="/wheels", NO_PROXY="*", https_proxy="http://corp:3128",
        HTTP_PROXY="http://corp:3128", UV_HTTP_TIMEOUT="9",
    )  # fmt: skip
    settings: dict[str, Any] = given._through("http://unshelf:t@127.0.0.1:5")
    assert settings == {
        "UV_INDEX": "own=http://a.https.invalid/simple", "UV_DEFAULT_INDEX": "http://pypi.org.https.invalid/simple",
        "UV_FIND_LINKS": "/wheels", "UV_HTTP_TIMEOUT": "9", "https_proxy": "http://corp:3128",
        "HTTP_PROXY": "http://unshelf:t@127.0.0.1:5", "http_proxy": "http://unshelf:t@127.0.0.1:5",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "address"),
    [("https://a/x?b=c", "https://a/x?b=c"), ("own.1=https://a", "https://a"), ("/wheels/a=b", "/wheels/a=b")],
)
def test_an_index_may_have_a_name_before_its_address(given: str, address: str) -> None:
    assert address_of(given) == address
