"""Tokens that an identity provider signs: ID tokens and logout tokens, believed only once everything in them is right."""

import hmac
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from joserfc import jwk, jwt
from joserfc.errors import JoseError
from joserfc.util import urlsafe_b64decode

ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
)  # fmt: skip
"""All that may be allowed: signatures with a private key. Never `none`, and never a shared secret."""
USUAL_ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
SKEW_SECONDS = 60.0
"""By how much the provider's clock may differ from ours."""
_OLDEST_SECONDS = 600.0
"""How long ago a token may have been issued: a login takes no longer."""
_MOST_CHARACTERS = 64 * 1024
_MOST_SUBJECT = 255

FindKeys = Callable[[str | None], Sequence[Mapping[str, Any]]]
"""Returns the provider's keys with an id, as JWKs; without an id all of them."""


class BadToken(Exception):
    """A token can't be believed. The message is a part of a sentence, and never has the token."""


@dataclass(frozen=True, kw_only=True)
class TokenRules:
    """Rules that a token must keep."""

    issuer: str
    client_id: str
    algorithms: Collection[str]


def read_id_token(token: str, rules: TokenRules, find_keys: FindKeys, *, nonce: str, at: float) -> dict[str, Any]:
    """Return the claims of an ID token. `at`: now, as seconds since 1970. Raises BadToken."""
    claims = _verified(token, rules, find_keys)
    _must_be_ours(claims, rules)
    _must_be_of_now(claims, at)
    if not _subject(claims):
        raise BadToken("it says nobody's name (sub)")
    given = claims.get("nonce")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(errors="replace"), nonce.encode()):
        raise BadToken("it is for another login (nonce)")
    return claims


def read_logout_token(token: str, rules: TokenRules, find_keys: FindKeys, *, at: float) -> dict[str, Any]:
    """Return the claims of a logout token, by which a provider ends sessions. Raises BadToken."""
    claims = _verified(token, rules, find_keys)
    _must_be_ours(claims, rules)
    _must_be_of_now(claims, at)
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise BadToken("it is no logout token (events)")
    if "nonce" in claims:
        raise BadToken("a logout token has no nonce")
    if not isinstance(claims.get("jti"), str) or not claims["jti"]:
        raise BadToken("it has no id (jti)")
    if not _subject(claims) and not isinstance(claims.get("sid"), str):
        raise BadToken("it says neither whose sessions end (sub) nor which (sid)")
    return claims


def _verified(token: str, rules: TokenRules, find_keys: FindKeys) -> dict[str, Any]:
    """The claims, whose signature is right."""
    header = _header(token)
    algorithm, key_id = header.get("alg"), header.get("kid")
    if algorithm not in rules.algorithms or algorithm not in ALGORITHMS:
        raise BadToken(f"its algorithm {str(algorithm)[:20]!r} is not allowed")
    if key_id is not None and not isinstance(key_id, str):
        raise BadToken("the id of its key is no text (kid)")
    family = _family(algorithm)
    keys = [key for key in find_keys(key_id) if key.get("kty") == family and key.get("use", "sig") == "sig"]
    if len(keys) != 1:
        raise BadToken(
            "it is signed with a key that the provider does not have" if not keys else "it does not say which key (kid)"
        )
    try:
        key = jwk.import_key({name: value for name, value in keys[0].items() if name in _OF_A_KEY})
        return jwt.decode(token, key, algorithms=[algorithm]).claims
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise BadToken(f"its signature is wrong ({type(error).__name__})") from error


_OF_A_KEY = frozenset({"kty", "kid", "use", "alg", "n", "e", "crv", "x", "y"})
"""The members of a public key that count."""


def _header(token: str) -> dict[str, Any]:
    try:
        if len(token) > _MOST_CHARACTERS or token.count(".") != 2:
            raise BadToken("it is no signed token")
        header = json.loads(urlsafe_b64decode(token.partition(".")[0].encode()))
    except ValueError as error:
        raise BadToken("it is no signed token") from error
    if not isinstance(header, dict):
        raise BadToken("it is no signed token")
    return header


def _family(algorithm: str) -> str:
    return {"R": "RSA", "P": "RSA"}.get(algorithm[0]) or ("EC" if algorithm.startswith("ES") else "OKP")


def _must_be_ours(claims: Mapping[str, Any], rules: TokenRules) -> None:
    if claims.get("iss") != rules.issuer:
        raise BadToken("it is from another issuer (iss)")
    audience = claims.get("aud")
    audiences = [audience] if isinstance(audience, str) else audience
    if not isinstance(audiences, list) or rules.client_id not in audiences:
        raise BadToken("it is for another client (aud)")
    party = claims.get("azp")
    if party != rules.client_id and (party is not None or len(audiences) > 1):
        raise BadToken("it was given to another client (azp)")


def _must_be_of_now(claims: Mapping[str, Any], at: float) -> None:
    if at - SKEW_SECONDS >= _moment(claims, "exp"):
        raise BadToken("it has expired (exp)")
    issued = _moment(claims, "iat")
    if issued > at + SKEW_SECONDS or ("nbf" in claims and _moment(claims, "nbf") > at + SKEW_SECONDS):
        raise BadToken("it is of a time to come (iat, nbf): do the clocks agree?")
    if issued < at - _OLDEST_SECONDS - SKEW_SECONDS:
        raise BadToken("it was issued too long ago (iat)")


def _moment(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadToken(f"it has no {name}")
    return float(value)


def _subject(claims: Mapping[str, Any]) -> str:
    subject = claims.get("sub")
    return subject if isinstance(subject, str) and len(subject) <= _MOST_SUBJECT and subject.isprintable() else ""
