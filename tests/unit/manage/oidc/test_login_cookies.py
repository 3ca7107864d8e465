"""The cookie of a login is good in one browser, for one state, for ten minutes; and a login ends on this server."""

from pathlib import Path

import pytest

from unshelf.contracts.errors import InvalidInput
from unshelf.manage.oidc.login_cookies import (
    LOGIN_SECONDS,
    begin_login,
    challenge_of,
    cookie_name,
    open_login,
    seal_login,
)
from unshelf.runtime.sealing import Sealer


def test_the_cookie_is_opened_for_its_state_until_it_expires(tmp_path: Path) -> None:
    sealer = Sealer(tmp_path / "keys")
    login, other = begin_login("/models", at=1000.0), begin_login("/models", at=1000.0)
    cookie = seal_login(login, sealer)
    assert login.verifier not in cookie and login.nonce not in cookie
    assert open_login(cookie, login.state, sealer, at=1000.0 + LOGIN_SECONDS - 1) == login
    assert open_login(cookie, login.state, sealer, at=1000.0 + LOGIN_SECONDS) is None
    assert open_login(cookie, other.state, sealer, at=1000.0) is None
    assert cookie_name(login.state) != cookie_name(other.state)
    for wrong in ("", ".", "x.y", cookie[:-4] + "AAAA", cookie.partition(".")[2], "é.é", cookie + "A"):
        assert open_login(wrong, login.state, sealer, at=1000.0) is None
    assert open_login(cookie, login.state, Sealer(tmp_path / "other"), at=1000.0) is None


def test_each_login_has_secrets_of_its_own() -> None:
    first, second = begin_login("/", at=0.0), begin_login("/", at=0.0)
    secrets = {first.state, first.nonce, first.verifier, second.state, second.nonce, second.verifier}
    assert len(secrets) == 6 and 43 <= len(first.verifier) <= 128


def test_the_challenge_is_the_one_of_the_standard() -> None:
    assert challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "models",
        "//evil",
        "/\\evil",
        "https://evil",
        "/a\\b",
        "/a b",
        "/a\n",
        "/é",
        "/" + "x" * 1000,
        "\t/evil",
        "/\t/evil",
    ],
)
def test_a_login_ends_on_this_server(path: str) -> None:
    with pytest.raises(InvalidInput):
        begin_login(path, at=0.0)


@pytest.mark.parametrize("path", ["/", "/models?stage=live#top", "/a//b", "/%2F%2Fevil"])
def test_any_path_of_this_server_does(path: str) -> None:
    assert begin_login(path, at=0.0).return_to == path
