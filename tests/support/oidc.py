"""An identity provider in this process, for tests of answers and tokens that no real one would give."""

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import httpx
from joserfc import jwk, jwt

from unshelf.contracts.configs import OidcOptions
from unshelf.manage.oidc.endpoints import Endpoints
from unshelf.manage.oidc.provider import Provider

ISSUER = "https://id.example.org"
HOME = "https://models.example.org"
CLIENT = "unshelf"


def oidc_options(**given: Any) -> OidcOptions:
    """Options of a provider of these tests."""
    usual: dict[str, Any] = {
        "issuer": ISSUER, "client_id": CLIENT, "client_secret": "s", "client_secret_file": "", "scopes": ["openid"],
        "groups_claim": "groups", "groups": {}, "name_claim": "preferred_username", "sign_up": "everybody",
        "email_domains": [], "hosts": [], "algorithms": ["RS256", "ES256"], "label": "Log in",
    }  # fmt: skip
    return OidcOptions(**{**usual, **given})


class ScriptedProvider:
    """Signs whatever a test wants. Its keys, answers and claims may be changed at any time."""

    def __init__(self, **options: Any) -> None:
        self.options = oidc_options(**options)
        self.keys = [new_key("first")]
        self.metadata: dict[str, Any] = {
            "issuer": ISSUER, "authorization_endpoint": f"{ISSUER}/auth", "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/jwks", "end_session_endpoint": f"{ISSUER}/end",
        }  # fmt: skip
        self.claims: dict[str, Any] = {"sub": "42", "preferred_username": "zoe", "groups": []}
        self.userinfo: dict[str, Any] = {}
        self.answer: Callable[[httpx.Request], httpx.Response | None] = lambda _request: None
        self.asked: list[httpx.Request] = []
        self.now = 0.0

    def provider(self) -> Provider:
        endpoints = Endpoints(ISSUER, self.options.hosts, transport=httpx.MockTransport(self._answer))
        return Provider(self.options, endpoints=endpoints, clock=lambda: self.now)

    def paths(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [request.url.path for request in self.asked]

    def form(self) -> dict[str, str]:
        """The last form that was sent."""
        posted = [request for request in self.asked if request.method == "POST"]
        return {name: values[0] for name, values in parse_qs(posted[-1].content.decode()).items()}

    def sign(self, *, key: int = 0, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A signed token; a claim of None is left out."""
        moment = time.time()
        usual = {"iss": ISSUER, "aud": CLIENT, "iat": moment, "exp": moment + 300}
        named = {name: value for name, value in {**usual, **claims}.items() if value is not None}
        chosen = self.keys[key]
        return jwt.encode(
            {"alg": "RS256", "kid": chosen.kid, **(header or {})}, named, chosen, algorithms=["RS256", "HS256"]
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        given = self.answer(request)
        if given is not None:
            return given
        path = request.url.path
        if path.endswith("/openid-configuration"):
            return httpx.Response(200, json=self.metadata)
        if path == "/jwks":
            return httpx.Response(200, json={"keys": [key.as_dict(private=False) for key in self.keys]})
        if path == "/token":
            return httpx.Response(200, json={"id_token": self.sign(**self.claims), "access_token": "a"})
        if path == "/me":
            return httpx.Response(200, json=self.userinfo)
        return httpx.Response(404)


def new_key(id: str) -> jwk.RSAKey:
    """A key of a provider."""
    return jwk.RSAKey.generate_key(2048, {"kid": id, "use": "sig", "alg": "RS256"}, private=True)


def unsigned(claims: dict[str, Any], header: dict[str, Any]) -> str:
    """A token without a signature."""
    parts = [jwt_part(header), jwt_part(claims), ""]
    return ".".join(parts)


def jwt_part(value: dict[str, Any]) -> str:
    from joserfc.util import urlsafe_b64encode

    return urlsafe_b64encode(json.dumps(value).encode()).decode()
