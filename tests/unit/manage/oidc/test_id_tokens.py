"""A token is believed only when everything in it is right: who signed it, for whom, when, and for which login."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwk, jwt

from tests.support.oidc import CLIENT, ISSUER, ScriptedProvider, new_key, unsigned
from unshelf.manage.oidc.id_tokens import LOGOUT_EVENT, BadToken, TokenRules, read_id_token, read_logout_token

RULES = TokenRules(issuer=ISSUER, client_id=CLIENT, algorithms=["RS256"])
NONCE = "n" * 43


@pytest.fixture(scope="module")
def scripted() -> ScriptedProvider:
    return ScriptedProvider()


def keys_of(scripted: ScriptedProvider) -> Callable[[str | None], list[dict[str, Any]]]:
    public = [key.as_dict(private=False) for key in scripted.keys]
    return lambda id: [dict(key) for key in public if id is None or key["kid"] == id]


def read(scripted: ScriptedProvider, token: str, rules: TokenRules = RULES) -> dict[str, Any]:
    return read_id_token(token, rules, keys_of(scripted), nonce=NONCE, at=time.time())


def test_a_right_token_tells_its_claims(scripted: ScriptedProvider) -> None:
    token = scripted.sign(sub="42", nonce=NONCE, groups=["risk"])
    assert read(scripted, token)["groups"] == ["risk"]
    among = scripted.sign(sub="42", nonce=NONCE, aud=["other", CLIENT], azp=CLIENT)
    assert read(scripted, among)["sub"] == "42"
    clocks_differ = scripted.sign(sub="42", nonce=NONCE, iat=time.time() + 50, exp=time.time() - 50)
    assert read(scripted, clocks_differ)["sub"] == "42"


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"iss": f"{ISSUER}/"}, "iss"), ({"aud": "other"}, "aud"), ({"aud": ["other"]}, "aud"), ({"aud": None}, "aud"),
        ({"aud": [CLIENT, "other"]}, "azp"), ({"azp": "other"}, "azp"), ({"nonce": "m" * 43}, "nonce"), ({"nonce": None}, "nonce"),
        ({"nonce": 5}, "nonce"), ({"exp": 1000}, "exp"), ({"exp": None}, "exp"), ({"exp": "soon"}, "exp"), ({"exp": True}, "exp"),
        ({"iat": None}, "iat"), ({"iat": 1000}, "iat"), ({"iat": 1 << 40}, "iat"), ({"nbf": 1 << 40}, "nbf"),
        ({"sub": None}, "sub"), ({"sub": ""}, "sub"), ({"sub": "x" * 256}, "sub"), ({"sub": 42}, "sub"), ({"sub": "a\nb"}, "sub"),
    ],
)  # fmt: skip
def test_a_claim_that_is_wrong_is_refused(scripted: ScriptedProvider, wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(BadToken, match=why):
        read(scripted, scripted.sign(**{"sub": "42", "nonce": NONCE, **wrong}))


def test_neither_none_nor_a_shared_secret_signs(scripted: ScriptedProvider) -> None:
    claims = {"iss": ISSUER, "aud": CLIENT, "sub": "42", "nonce": NONCE, "iat": time.time(), "exp": time.time() + 60}
    everything = TokenRules(issuer=ISSUER, client_id=CLIENT, algorithms=["RS256", "none", "HS256"])
    for algorithm in ("none", "None", "NONE", None, 5):
        for rules in (RULES, everything):
            with pytest.raises(BadToken, match="not allowed"):
                read(scripted, unsigned(claims, {"alg": algorithm, "kid": "first"}), rules)
    # The public key, which everybody knows, taken for a shared secret.
    secret = jwk.OctKey.import_key(scripted.keys[0].as_pem(private=False).hex())
    with pytest.raises(BadToken, match="not allowed"):
        read(scripted, jwt.encode({"alg": "HS256", "kid": "first"}, claims, secret), everything)


def test_the_signature_is_by_the_key_that_is_named_and_the_provider_s(scripted: ScriptedProvider) -> None:
    good = scripted.sign(sub="42", nonce=NONCE)
    head, body, signature = good.split(".")
    strange = ScriptedProvider()
    forged = strange.sign(sub="42", nonce=NONCE)
    for token in (
        f"{head}.{body}.{signature[::-1]}", f"{head}.{body}.", forged, f"{head}.{body}", "", "a.b.c", "..", f"{good}.x", "é.é.é",
        scripted.sign(sub="42", nonce=NONCE, header={"kid": "other"}), "x" * 100_000,
    ):  # fmt: skip
        with pytest.raises(BadToken):
            read(scripted, token)


def test_a_token_without_the_id_of_its_key_is_good_where_there_is_one_key_alone() -> None:
    scripted = ScriptedProvider()
    token = jwt.encode(
        {"alg": "RS256"}, {"iss": ISSUER, "aud": CLIENT, "sub": "42", "nonce": NONCE, "iat": time.time(), "exp": time.time() + 9},
        scripted.keys[0],
    )  # fmt: skip
    assert read(scripted, token)["sub"] == "42"
    scripted.keys.append(new_key("second"))
    with pytest.raises(BadToken, match="which key"):
        read(scripted, token)


def logout(scripted: ScriptedProvider, **claims: Any) -> dict[str, Any]:
    usual = {"jti": "1", "sid": "s", "sub": "42", "events": {LOGOUT_EVENT: {}}}
    return read_logout_token(scripted.sign(**{**usual, **claims}), RULES, keys_of(scripted), at=time.time())


def test_a_logout_token_names_a_session_or_a_person(scripted: ScriptedProvider) -> None:
    assert logout(scripted)["sid"] == "s"
    assert logout(scripted, sid=None)["sub"] == "42"
    assert logout(scripted, sub=None)["sid"] == "s"


@pytest.mark.parametrize(
    "wrong",
    [
        {"events": None}, {"events": {}}, {"events": [LOGOUT_EVENT]}, {"nonce": NONCE}, {"jti": None}, {"jti": ""},
        {"sub": None, "sid": None}, {"aud": "other"}, {"iss": "https://other"}, {"exp": 1000},
    ],
)  # fmt: skip
def test_an_id_token_is_no_logout_token_nor_is_anything_else(scripted: ScriptedProvider, wrong: dict[str, Any]) -> None:
    with pytest.raises(BadToken):
        logout(scripted, **wrong)
