"""Addresses of package indexes: where they lead, and the names under which uv gets to them through the proxy."""

import re
from urllib.parse import urlsplit

PYPI = "https://pypi.org/simple"
"""The index that uv takes packages from unless it is given another."""
PYPI_PLACE, PYPI_FILES = ("https", "pypi.org", 443), ("https", "files.pythonhosted.org", 443)
"""PyPI is the one index whose files are known to lie on another server than its pages."""
_PORTS = {"http": 80, "https": 443}
_ADDRESS = re.compile(r"""(https?)://([^\s"'<>/?#@:,\[\]]+)(:\d{1,5})?(?=[/?#,\s"'<>]|$)""")
_PROXIED = re.compile(r"""http://([^\s"'<>/?#@:]+)\.(https?)\.invalid(:\d{1,5})?""")


def location(address: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an address, which say where it leads; None for what is no address of a server."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    if not parts.hostname or parts.scheme not in _PORTS:
        return None
    return parts.scheme, parts.hostname, port or _PORTS[parts.scheme]


def place_text(place: tuple[str, str, int]) -> str:
    """Write where an address leads: `https://host:443`."""
    scheme, host, port = place
    return f"{scheme}://{host}:{port}"


def places_in(text: str) -> set[tuple[str, str, int]]:
    """Return where the addresses in a text lead, as `location` writes it."""
    found = (location(match[0]) for match in _ADDRESS.finditer(text))
    return {place for place in found if place is not None}


def proxied(text: str) -> str:
    """Return a text whose addresses of servers are those under which the proxy knows them: `http://HOST.SCHEME.invalid:PORT/…`."""
    return _ADDRESS.sub(lambda match: f"http://{match[2]}.{match[1]}.invalid{match[3] or ''}", real(text))


def real(text: str) -> str:
    """Return a text with the addresses that those of the proxy stand for."""
    return _PROXIED.sub(lambda match: f"{match[2]}://{match[1]}{match[3] or ''}", text)
