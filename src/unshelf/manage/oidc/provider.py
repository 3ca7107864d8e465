"""The identity provider: what it says of itself, its keys, and the exchange of a code for tokens."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from unshelf.contracts.configs import OidcOptions
from unshelf.manage.oidc.endpoints import Endpoints, ProviderUnusable
from unshelf.manage.oidc.id_tokens import TokenRules

_FRESH_SECONDS = 3600.0
"""How long what the provider says of itself, and its keys, are believed without asking again."""
_RETRY_SECONDS = 5.0
"""How long it is not asked again after it failed."""
_UNKNOWN_KEYS = 3
_UNKNOWN_KEYS_SECONDS = 60.0
"""How often keys are fetched for a key that is not known: callers can make up ids of keys."""

_MOST_WAITING = 4
"""How many logins wait while the provider is asked for its metadata: more would keep the API from answering anything else."""


class CodeRefused(Exception):
    """The provider gives no tokens for a code. The message is its reason."""


@dataclass(frozen=True, kw_only=True)
class ProviderMetadata:
    """Metadata of the provider, from its discovery document."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    """Empty: there is none."""
    end_session_endpoint: str
    """Empty: it does not take part in logging out."""
    takes_basic: bool
    """Whether the client's secret goes into a header, else into the form."""
    says_issuer: bool
    """Whether it adds its issuer to what it answers in the browser (RFC 9207)."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Tokens:
    """Tokens for a code."""

    id_token: str
    access_token: str


class Provider:
    """The one identity provider of this installation. For any thread."""

    def __init__(
        self, options: OidcOptions, *, endpoints: Endpoints | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.options = options
        self.rules = TokenRules(issuer=options.issuer, client_id=options.client_id, algorithms=options.algorithms)
        self._endpoints = endpoints or Endpoints(options.issuer, options.hosts)
        self._clock = clock
        self._lock = threading.Lock()
        self._looking = threading.Lock()
        self._waiting = threading.BoundedSemaphore(_MOST_WAITING)
        self._metadata: tuple[float, ProviderMetadata] | None = None
        self._keys: tuple[float, Sequence[Mapping[str, Any]]] | None = None
        self._failed: tuple[float, str] | None = None
        self._looked: deque[float] = deque(maxlen=_UNKNOWN_KEYS)

    def metadata(self) -> ProviderMetadata:
        """Return what the provider says of itself: fresh, or as it was while it does not answer. Raises ProviderUnusable."""
        known = self._metadata
        if known is not None and self._clock() - known[0] < _FRESH_SECONDS:
            return known[1]
        if not self._waiting.acquire(blocking=False):
            if known is not None:
                return known[1]
            raise self._endpoints.unusable("too many logins wait for it.")
        try:
            return self._asked(known)
        finally:
            self._waiting.release()

    def _asked(self, known: tuple[float, ProviderMetadata] | None) -> ProviderMetadata:
        """Ask it, or return what was known before where it does not answer."""
        with self._lock:
            if self._metadata is not known and self._metadata is not None:
                return self._metadata[1]  # another login has asked meanwhile
            if self._failed is not None and self._clock() - self._failed[0] < _RETRY_SECONDS:
                if known is not None:
                    return known[1]
                raise ProviderUnusable(self.options.issuer, self._failed[1])
            try:
                return self._discover()
            except ProviderUnusable as error:
                self._failed = (self._clock(), error.reason)
                if known is not None:
                    return known[1]
                raise

    def check(self) -> None:
        """Ask the provider for its metadata and its keys now. Raises ProviderUnusable, which says what is wrong."""
        with self._lock:
            metadata = self._discover()
        self._fetch_keys(metadata)

    def keys(self, key_id: str | None) -> Sequence[Mapping[str, Any]]:
        """Return the keys with an id, or all. They are fetched again for one that is not known, though not all the time."""
        known = self._keys
        if known is None or self._clock() - known[0] >= _FRESH_SECONDS:
            return _with_id(self._fetch_keys(self.metadata()), key_id)
        found = _with_id(known[1], key_id)
        if found or not self._may_look():
            return found
        return _with_id(self._fetch_keys(self.metadata()), key_id)

    def exchange(self, code: str, *, verifier: str, redirect_uri: str) -> Tokens:
        """Exchange a code for tokens. Raises CodeRefused, ProviderUnusable."""
        metadata, secret = self.metadata(), self._secret()
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": verifier,
        }  # fmt: skip
        client = None
        if secret and metadata.takes_basic:
            client = (quote_plus(self.options.client_id), quote_plus(secret))
        else:
            form |= {"client_id": self.options.client_id} | ({"client_secret": secret} if secret else {})
        status, answer = self._endpoints.post(metadata.token_endpoint, form, client=client)
        reason = _text(answer, "error")[:80] or f"status {status}"
        if status in (401, 403) or reason in ("invalid_client", "unauthorized_client"):
            raise self._endpoints.unusable(
                f"it does not take this server's client id and secret ({reason}): UNSHELF_OIDC_CLIENT_ID and …_SECRET."
            )
        if status != 200:
            raise CodeRefused(reason)
        if not _text(answer, "id_token"):
            raise self._endpoints.unusable("it gives no ID token.")
        return Tokens(id_token=_text(answer, "id_token"), access_token=_text(answer, "access_token"))

    def userinfo(self, tokens: Tokens, subject: str) -> dict[str, Any]:
        """Return the claims that the provider tells apart from the ID token; none where it has no such endpoint.

        Raises ProviderUnusable, also for claims of somebody else."""
        url = self.metadata().userinfo_endpoint
        if not url or not tokens.access_token:
            return {}
        status, claims = self._endpoints.get(url, token=tokens.access_token)
        if status != 200:
            raise self._endpoints.unusable(f"it answers {status} when it is asked who logs in.")
        if claims.get("sub") != subject:
            raise self._endpoints.unusable("it tells of somebody else than who logs in.")
        return claims

    def _discover(self) -> ProviderMetadata:
        url = f"{self.options.issuer.rstrip('/')}/.well-known/openid-configuration"
        status, said = self._endpoints.get(url)
        if status != 200 or not said:
            raise self._endpoints.unusable(
                f"{url} is no discovery document (status {status}): is UNSHELF_OIDC_ISSUER right?"
            )
        metadata = self._read(said)
        self._metadata, self._failed = (self._clock(), metadata), None
        return metadata

    def _read(self, said: Mapping[str, Any]) -> ProviderMetadata:
        unusable, allowed = self._endpoints.unusable, self._endpoints.must_be_allowed
        if said.get("issuer") != self.options.issuer:
            raise unusable(
                f"it calls itself {_text(said, 'issuer')[:200]!r}; UNSHELF_OIDC_ISSUER must be exactly that, if it is the right one."
            )
        if "S256" not in said.get("code_challenge_methods_supported", ["S256"]):
            raise unusable("it does not support PKCE with S256.")
        signed = said.get("id_token_signing_alg_values_supported", ["RS256"])
        if not set(self.options.algorithms) & set(signed):
            raise unusable(
                f"it signs with {', '.join(map(str, signed))[:200]}; UNSHELF_OIDC_ALGORITHMS allows none of these."
            )
        optional = {
            name: allowed(said[name], name) if said.get(name) else ""
            for name in ("userinfo_endpoint", "end_session_endpoint")
        }
        return ProviderMetadata(
            authorization_endpoint=allowed(said.get("authorization_endpoint"), "authorization_endpoint"),
            token_endpoint=allowed(said.get("token_endpoint"), "token_endpoint"),
            jwks_uri=allowed(said.get("jwks_uri"), "jwks_uri"),
            takes_basic="client_secret_basic"
            in said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"]),
            says_issuer=said.get("authorization_response_iss_parameter_supported") is True,
            **optional,
        )

    def _fetch_keys(self, metadata: ProviderMetadata) -> Sequence[Mapping[str, Any]]:
        status, said = self._endpoints.get(metadata.jwks_uri)
        keys = said.get("keys")
        if status != 200 or not isinstance(keys, list):
            raise self._endpoints.unusable(f"it does not tell its keys (status {status}).")
        found = [key for key in keys if isinstance(key, dict)]
        self._keys = (self._clock(), found)
        return found

    def _may_look(self) -> bool:
        """Whether keys may be fetched once more for one that is not known."""
        with self._looking:
            moment = self._clock()
            if len(self._looked) == _UNKNOWN_KEYS and moment - self._looked[0] < _UNKNOWN_KEYS_SECONDS:
                return False
            self._looked.append(moment)
            return True

    def _secret(self) -> str:
        if not self.options.client_secret_file:
            return self.options.client_secret
        try:
            return Path(self.options.client_secret_file).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            raise self._endpoints.unusable("UNSHELF_OIDC_CLIENT_SECRET_FILE can't be read.") from error


def _with_id(keys: Sequence[Mapping[str, Any]], key_id: str | None) -> Sequence[Mapping[str, Any]]:
    return keys if key_id is None else [key for key in keys if key.get("kid") == key_id]


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    return value if isinstance(value, str) else ""
