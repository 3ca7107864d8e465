"""Only the hosts that the operator means are spoken to, and no answer is too long or leads elsewhere."""

from pathlib import Path

import httpx
import pytest

from tests.support.own_authority import server_of_own_authority
from unshelf.manage.oidc.endpoints import Endpoints, ProviderUnusable

ISSUER = "https://id.example.org/realm"


def endpoints(answer: httpx.Response | Exception | None = None, *hosts: str, issuer: str = ISSUER) -> Endpoints:
    def act(_request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        assert answer is not None
        return answer

    return Endpoints(issuer, hosts, transport=httpx.MockTransport(act))


@pytest.mark.parametrize(
    "url",
    [
        "https://id.example.org/token", "https://id.example.org:443/token", "https://keys.example.org/jwks",
        "https://other.example.org:8443/jwks",
    ],
)  # fmt: skip
def test_the_issuer_s_host_and_listed_ones_may_have_endpoints(url: str) -> None:
    found = endpoints(None, "keys.example.org", "other.example.org:8443")
    assert found.must_be_allowed(url, "jwks_uri") == url


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/token", "http://id.example.org/token", "https://id.example.org:8443/token", "https://id.example.org@evil/x",
        "https://x@id.example.org/", "https://id.example.org.evil/", "file:///etc/passwd", "javascript:alert(1)", "//id.example.org/x",
        "", None, 5, ["https://id.example.org"], "https://[", "https://id.example.org:x/", "https://other.example.org/jwks",
        "http://169.254.169.254/latest", "https://id.example.org/#f",
    ],
)  # fmt: skip
def test_nothing_else_may(url: object) -> None:
    with pytest.raises(ProviderUnusable, match="jwks_uri"):
        endpoints(None, "other.example.org:8443").must_be_allowed(url, "jwks_uri")


def test_a_host_that_is_not_listed_is_named_with_what_to_do() -> None:
    with pytest.raises(ProviderUnusable, match=r"keys\.example\.org.*UNSHELF_OIDC_HOSTS"):
        endpoints().must_be_allowed("https://keys.example.org/jwks", "jwks_uri")


def test_plain_http_is_good_for_a_provider_on_this_machine() -> None:
    found = endpoints(issuer="http://127.0.0.1:9000")
    assert found.must_be_allowed("http://127.0.0.1:9000/token", "token_endpoint")
    with pytest.raises(ProviderUnusable):
        found.must_be_allowed("http://127.0.0.1:9001/token", "token_endpoint")


def test_answers_are_objects_or_nothing() -> None:
    assert endpoints(httpx.Response(200, json={"a": 1})).get(ISSUER) == (200, {"a": 1})
    for body in (b"[]", b"no", b"", b"\xff"):
        assert endpoints(httpx.Response(400, content=body)).post(ISSUER, {"a": "b"}) == (400, {})


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (httpx.ConnectError("refused"), "does not answer"), (httpx.ReadTimeout("slow"), "does not answer"),
        (httpx.Response(500), "500"), (httpx.Response(302, headers={"location": "http://169.254.169.254/"}), "302"),
        (httpx.Response(200, content=b" " * (1 << 21)), "too long"),
    ],
)  # fmt: skip
def test_a_provider_that_is_away_or_leads_elsewhere_can_not_be_used(
    answer: httpx.Response | Exception, why: str
) -> None:
    found = endpoints(answer)
    for _ in range(20):  # turns are given back
        with pytest.raises(ProviderUnusable, match=why) as caught:
            found.get(f"{ISSUER}/x")
    assert caught.value.retry_after and "doctor" in caught.value.hint


def test_an_authority_of_the_systems_store_is_trusted(tmp_path: Path) -> None:
    with server_of_own_authority(tmp_path, b'{"a": 1}') as address:
        assert Endpoints(address, ()).get(address) == (200, {"a": 1})
