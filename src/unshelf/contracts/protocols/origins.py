"""Origins: how an address names the server that a page came from."""

from urllib.parse import urlsplit

_MOST_CHARACTERS = 512
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
