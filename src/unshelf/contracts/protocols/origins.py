"""Origins: how an address names the server that a page came from."""

import re
from urllib.parse import urlsplit

_MOST_CHARACTERS = 512
_PLAIN = re.compile(r"[a-z0-9.:\[\]_-]+")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def origin_authority(origin: str) -> str | None:
    """Return host and port of an Origin header, or of another address, as a Host header would write them, in lower case.

    None for `null` and for what can't be read."""
    if len(origin) > _MOST_CHARACTERS:
        return None
    try:
        parts = urlsplit(origin.strip().lower())
        default = _DEFAULT_PORTS.get(parts.scheme)
        if default is None or not parts.hostname:
            return None
        return parts.netloc.removesuffix(f":{default}") if parts.port == default else parts.netloc
    except ValueError:
        return None


def web_origin(text: str) -> str:
    """Return an origin as browsers write it in the header Origin: `https://app.example.org`, `http://localhost:3000`.

    Raises ValueError, which says what is wrong, for what is none."""
    if "*" in text:
        raise ValueError(f"{text[:80]!a} names origins by a pattern, and each has to be named")
    authority = origin_authority(text)
    try:
        parts = urlsplit(text.strip().lower())
    except ValueError:
        authority = None
    if authority is None or not _PLAIN.fullmatch(authority):
        raise ValueError(
            f"{text[:80]!a} is no origin of web pages: http:// or https://, a host (in its ASCII form), and a port if it has one"
        )
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError(f"{text[:80]!a} has more than an origin: leave out what follows the host")
    return f"{parts.scheme}://{authority}"
