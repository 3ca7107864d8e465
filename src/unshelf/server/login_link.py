"""The link that logs the embedded administrator in, asked for through the server's own address."""

import http.client
import json
from urllib.parse import urlsplit

_SECONDS = 5.0


def login_link(url: str, token: str, *, host_name: str | None = None) -> str:
    """Return a link that is good once, within ten minutes, on this machine; empty when the server does not answer just now."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port or 80, timeout=_SECONDS)
    headers = {"authorization": f"Bearer {token}"} | ({} if host_name is None else {"host": host_name})
    try:
        connection.request("POST", "/api/v1/session/links", headers=headers)
        answer = connection.getresponse()
        return str(json.loads(answer.read())["url"]) if answer.status == 201 else ""
    except (OSError, http.client.HTTPException, ValueError, KeyError):
        return ""  # `unshelf open` makes another one
    finally:
        connection.close()
