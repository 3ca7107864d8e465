"""What the provider says of itself, its keys, and the exchange of a code."""

import base64
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.oidc import ISSUER, ScriptedProvider, new_key
from unshelf.manage.oidc.endpoints import ProviderUnusable
from unshelf.manage.oidc.provider import CodeRefused

DISCOVERY = "/.well-known/openid-configuration"


def down(_request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused")


def test_metadata_is_asked_for_once_an_hour_and_believed_while_the_provider_is_away() -> None:
    scripted = ScriptedProvider()
    provider = scripted.provider()
    assert provider.metadata().token_endpoint == f"{ISSUER}/token"
    provider.metadata()
    assert scripted.paths() == [DISCOVERY]
    scripted.now, scripted.answer = 4000.0, down
    assert provider.metadata().token_endpoint == f"{ISSUER}/token"
    provider.metadata()
    assert scripted.paths() == [DISCOVERY] * 2, "it is not asked again at once after it failed"
    scripted.now = 4010.0
    provider.metadata()
    assert len(scripted.asked) == 3


def test_a_provider_that_was_never_up_is_asked_again_after_seconds() -> None:
    scripted = ScriptedProvider()
    scripted.answer = down
    provider = scripted.provider()
    for _ in range(3):
        with pytest.raises(ProviderUnusable, match="does not answer"):
            provider.metadata()
    assert len(scripted.asked) == 1
    scripted.now, scripted.answer = 6.0, lambda _request: None
    assert provider.metadata()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"issuer": f"{ISSUER}/"}, "calls itself"), ({"issuer": None}, "calls itself"), ({"token_endpoint": None}, "token_endpoint"),
        ({"jwks_uri": "https://evil.example/jwks"}, "UNSHELF_OIDC_HOSTS"), ({"authorization_endpoint": "javascript:x"}, "authorization"),
        ({"end_session_endpoint": "https://evil.example/"}, "end_session"), ({"code_challenge_methods_supported": ["plain"]}, "S256"),
        ({"id_token_signing_alg_values_supported": ["HS256"]}, "UNSHELF_OIDC_ALGORITHMS"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(said: dict[str, Any], why: str) -> None:
    scripted = ScriptedProvider()
    scripted.metadata |= said
    with pytest.raises(ProviderUnusable, match=why):
        scripted.provider().check()


def test_no_discovery_document_is_a_wrong_issuer() -> None:
    scripted = ScriptedProvider()
    scripted.answer = lambda _request: httpx.Response(404, text="nothing")
    with pytest.raises(ProviderUnusable, match="UNSHELF_OIDC_ISSUER"):
        scripted.provider().check()


def test_keys_are_fetched_again_for_one_that_is_not_known_but_not_all_the_time() -> None:
    scripted = ScriptedProvider()
    provider = scripted.provider()
    assert [key["kid"] for key in provider.keys("first")] == ["first"]
    scripted.keys = [new_key("second")]
    assert [key["kid"] for key in provider.keys("second")] == ["second"]
    assert provider.keys("first") == []
    for _ in range(10):
        assert provider.keys("made up") == []
    assert scripted.paths().count("/jwks") == 1 + 3
    scripted.now = 61.0
    provider.keys("made up")
    assert scripted.paths().count("/jwks") == 5
    scripted.now = 5000.0
    assert provider.keys("second") and scripted.paths().count("/jwks") == 6


def test_the_secret_goes_where_the_provider_wants_it(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a+b c\n")
    scripted = ScriptedProvider(client_secret="", client_secret_file=str(secret))
    tokens = scripted.provider().exchange("c", verifier="v", redirect_uri="r")
    assert tokens.id_token and tokens.id_token not in repr(tokens)
    given = scripted.asked[-1].headers["authorization"].removeprefix("Basic ")
    assert base64.b64decode(given) == b"unshelf:a%2Bb+c"
    assert scripted.form() == {
        "grant_type": "authorization_code", "code": "c", "redirect_uri": "r", "code_verifier": "v",
    }  # fmt: skip
    scripted.metadata["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    scripted.provider().exchange("c", verifier="v", redirect_uri="r")
    assert scripted.form()["client_secret"] == "a+b c"
    secret.unlink()
    with pytest.raises(ProviderUnusable, match="SECRET_FILE"):
        scripted.provider().exchange("c", verifier="v", redirect_uri="r")
    public = ScriptedProvider(client_secret="")
    public.provider().exchange("c", verifier="v", redirect_uri="r")
    assert public.form()["client_id"] == "unshelf" and "client_secret" not in public.form()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(400, json={"error": "invalid_grant"}), CodeRefused), (httpx.Response(400), CodeRefused),
        (httpx.Response(401, json={"error": "invalid_client"}), ProviderUnusable), (httpx.Response(200, json={}), ProviderUnusable),
    ],
)  # fmt: skip
def test_a_code_that_is_refused_is_no_fault_of_the_provider(answer: httpx.Response, error: type[Exception]) -> None:
    scripted = ScriptedProvider()
    scripted.answer = lambda request: answer if request.url.path == "/token" else None
    with pytest.raises(error):
        scripted.provider().exchange("c", verifier="v", redirect_uri="r")


def test_userinfo_is_of_who_logs_in() -> None:
    scripted = ScriptedProvider()
    provider = scripted.provider()
    tokens = provider.exchange("c", verifier="v", redirect_uri="r")
    assert provider.userinfo(tokens, "42") == {}
    scripted.metadata["userinfo_endpoint"] = f"{ISSUER}/me"
    scripted.userinfo = {"sub": "42", "groups": ["risk"]}
    provider = scripted.provider()
    assert provider.userinfo(tokens, "42")["groups"] == ["risk"]
    with pytest.raises(ProviderUnusable, match="somebody else"):
        provider.userinfo(tokens, "43")
