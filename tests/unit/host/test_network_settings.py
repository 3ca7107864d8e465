"""The operator's network for strangers' programs: proxies without the operator's credentials, all else as it is."""

import pytest

from unshelf.host.network_settings import NETWORK_VARIABLES, without_credentials


@pytest.mark.parametrize(
    ("given", "passed"),
    [
        ("http://proxy:3128", "http://proxy:3128"),
        ("http://ana:hunter2@proxy:3128/", "http://proxy:3128/"),
        ("http://ana@proxy:3128", "http://proxy:3128"),
        ("http://ana:hunt@er2@proxy:3128", "http://proxy:3128"),
        ("socks5h://ana:hunter2@[::1]:1080", "socks5h://[::1]:1080"),
        ("ana:hunter2@proxy:3128", "proxy:3128"),
        ("proxy:3128", "proxy:3128"),
        ("http://ana:hunter2@[proxy", ""),
        ("", ""),
    ],
)
@pytest.mark.parametrize("name", ["HTTP_PROXY", "https_proxy", "ALL_PROXY"])
def test_proxies_lose_user_and_password(name: str, given: str, passed: str) -> None:
    assert without_credentials({name: given}) == {name: passed}


def test_all_else_stays() -> None:
    given = {"NO_PROXY": "a@b,.example.org", "SSL_CERT_FILE": "/a@b.pem", "URL": "http://a:b@c"}
    assert without_credentials(given) == given


def test_proxies_pass_in_both_spellings_and_authorities_in_their_own() -> None:
    assert {
        "HTTPS_PROXY",
        "https_proxy",
        "NO_PROXY",
        "no_proxy",
        "SSL_CERT_FILE",
        "REQUESTS_CA_BUNDLE",
    } <= NETWORK_VARIABLES
    assert not any("TOKEN" in name or "KEY" in name for name in NETWORK_VARIABLES)
