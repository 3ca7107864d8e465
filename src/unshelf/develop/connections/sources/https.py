"""Files behind an https address: one request, no redirects, no proxies."""

import ssl
from pathlib import Path
from urllib.parse import quote

import httpx

from unshelf.contracts.errors import Unavailable
from unshelf.contracts.protocols.data import ConnectionOrder
from unshelf.develop.connections.sources.found import Download, is_table, nothing_at

_TIMEOUT = httpx.Timeout(60, connect=10)


def fetch(order: ConnectionOrder) -> dict[str, Path]:
    """Fetch the file at the order's path. Raises NotFound, Unavailable, InvalidInput."""
    if not is_table(order.path):
        raise nothing_at(order)
    url = order.settings["url"].rstrip("/") + "/" + quote(order.path)
    context = ssl.create_default_context()
    try:
        with (
            httpx.Client(verify=context, trust_env=False, follow_redirects=False, timeout=_TIMEOUT) as client,
            client.stream("GET", url, headers=_headers(order), auth=_auth(order)) as answer,
        ):
            if answer.status_code in (404, 410):
                raise nothing_at(order)
            if not answer.is_success:
                raise Unavailable(
                    f"The server answers {answer.status_code} for {order.path!r}.",
                    hint="Redirects are not followed: name the place where the file is." if answer.is_redirect
                    else "Check the connection's address and credentials.",
                )  # fmt: skip
            return {order.path: Download(order).save(answer.iter_bytes())}
    except httpx.HTTPError as error:
        raise Unavailable(
            f"The server can't be read from: {type(error).__name__}.", hint="Check the connection's address."
        ) from None


def _headers(order: ConnectionOrder) -> dict[str, str]:
    token = order.credentials.get("token")
    return {"Authorization": f"Bearer {token}"} if token else {}


def _auth(order: ConnectionOrder) -> httpx.BasicAuth | None:
    user = order.credentials.get("user")
    return httpx.BasicAuth(user, order.credentials.get("password", "")) if user else None
