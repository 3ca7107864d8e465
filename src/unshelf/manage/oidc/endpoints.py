"""Endpoints of the identity provider: which of its addresses may be spoken to, and requests to them that are bounded in size and time."""

import logging
import ssl
import threading
import time
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httpx

from unshelf.contracts.errors import Unavailable

_SECONDS = 5.0
"""How long the provider may take for each step of an answer."""
_SECONDS_IN_ALL = 10.0
_MOST_BYTES = 1024 * 1024
_AT_ONCE = 8
"""Requests at a time: a provider that hangs must not keep the API from answering."""
_PORTS = {"https": 443, "http": 80}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

logger = logging.getLogger(__name__)


class ProviderUnusable(Unavailable):
    """The identity provider can't be used at the moment."""

    def __init__(self, issuer: str, reason: str) -> None:
        """`reason`: the end of a sentence."""
        self.reason = reason
        super().__init__(
            f"The identity provider {issuer} can't be used: {reason}",
            hint="Try again in a minute. The operator finds more in the server's log, and `unshelf doctor` says how it is now.",
            retry_after=10.0,
        )


class Endpoints:
    """Speaks to the provider: to the host of the issuer, and to those that the operator lists beside it."""

    def __init__(self, issuer: str, hosts: Collection[str], *, transport: httpx.BaseTransport | None = None) -> None:
        """`hosts`: each with `:PORT` or without. `transport`: in place of the network."""
        self._issuer = issuer
        self._origin = urlsplit(issuer)
        self._hosts = frozenset(host.lower() for host in hosts)
        self._transport = transport
        self._turns = threading.BoundedSemaphore(_AT_ONCE)
        self._lock = threading.Lock()
        self._client: httpx.Client | None = None

    def must_be_allowed(self, url: object, name: str) -> str:
        """Return the address of an endpoint. Raises ProviderUnusable for one that is not where the operator says."""
        try:
            parts = urlsplit(url if isinstance(url, str) else "")
            port = parts.port or _PORTS.get(parts.scheme, 0)
        except ValueError:
            raise self.unusable(f"its {name} is no address.") from None
        if not isinstance(url, str) or not parts.hostname or parts.username or parts.password or parts.fragment:
            raise self.unusable(f"its {name} is no address.")
        if parts.scheme not in ("https", self._origin.scheme):
            raise self.unusable(f"its {name} is not protected by TLS.")
        if (parts.hostname, port) != (self._origin.hostname, _port(self._origin)) and not self._is_listed(parts, port):
            raise self.unusable(
                f"its {name} lies on {parts.netloc[:200]}, which is not the issuer's host; if that is right, list it in "
                "UNSHELF_OIDC_HOSTS."
            )
        return url

    def get(self, url: str, *, token: str = "") -> tuple[int, dict[str, Any]]:
        """Return the status and the JSON object that an endpoint answers; an empty one where the body is none."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return self._send("GET", url, headers=headers)

    def post(
        self, url: str, form: Mapping[str, str], *, client: tuple[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Send a form; the same. `client`: the id and the secret of this server, as HTTP's basic authentication has them."""
        return self._send("POST", url, data=form, auth=client)

    def unusable(self, reason: str) -> ProviderUnusable:
        """Make the error for a reason, a part of a sentence."""
        logger.warning("the identity provider can't be used", extra={"issuer": self._issuer, "reason": reason})
        return ProviderUnusable(self._issuer, reason)

    def _send(self, method: str, url: str, **request: Any) -> tuple[int, dict[str, Any]]:
        if not self._turns.acquire(blocking=False):
            raise self.unusable("too many logins wait for it.")
        try:
            with self._http().stream(method, url, **request) as answer:
                body = self._body(answer)
        except httpx.HTTPError as error:
            raise self.unusable(f"it does not answer ({type(error).__name__}: {str(error)[:200]}).") from error
        finally:
            self._turns.release()
        if answer.status_code >= 500 or answer.is_redirect:
            raise self.unusable(f"it answers {answer.status_code} at {urlsplit(url).path[:200]}.")
        return answer.status_code, _object(body)

    def _body(self, answer: httpx.Response) -> bytes:
        ends, body = time.monotonic() + _SECONDS_IN_ALL, bytearray()
        for chunk in answer.iter_bytes():
            body += chunk
            if len(body) > _MOST_BYTES or time.monotonic() > ends:
                raise self.unusable("its answer is too long, or too slow.")
        return bytes(body)

    def _http(self) -> httpx.Client:
        with self._lock:
            if self._client is None:
                self._client = httpx.Client(
                    timeout=_SECONDS,
                    follow_redirects=False,
                    transport=self._transport,
                    verify=ssl.create_default_context(),  # the system's store, where a company adds its own authority
                    trust_env=not is_loopback_host(self._origin.hostname or ""),
                    headers={"accept": "application/json", "accept-encoding": "identity"},
                )
            return self._client

    def _is_listed(self, parts: SplitResult, port: int) -> bool:
        host = (parts.hostname or "").lower()
        return f"{host}:{port}" in self._hosts or (host in self._hosts and port == _PORTS[parts.scheme])


def is_loopback_host(host: str) -> bool:
    """Whether a host is this machine."""
    return host.lower() in _LOOPBACK


def _port(parts: SplitResult) -> int:
    return parts.port or _PORTS.get(parts.scheme, 0)


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = httpx.Response(200, content=body).json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
