"""Grants of network: places outside that a version's programs may connect to, as `[network] allow` has them."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

MOST_GRANTS = 64
"""Grants of one version."""
ANY_BELOW = "*."
"""How the host of a grant for all names below a domain begins."""
_MOST_HOST = 253
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_FORM = "write HOST:PORT (db.example.org:5432), *.DOMAIN:PORT, or ADDRESS:PORT"

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, order=True)
class NetworkGrant:
    """One place that may be connected to. `str` writes it as `[network] allow` has it."""

    host: str
    """A name in lower case, `*.` and a domain, or an address without brackets."""
    port: int

    def __str__(self) -> str:
        return place_of(self.host, self.port)

    @property
    def is_wildcard(self) -> bool:
        """Whether it is for all names below a domain."""
        return self.host.startswith(ANY_BELOW)

    def covers(self, host: str, port: int) -> bool:
        """Whether it lets a program connect there; `host` as `host_of` returns it."""
        return port == self.port and names(self.host, host)


def read_grant(text: str) -> NetworkGrant:
    """Read a grant. Raises ValueError, which says what is wrong and how it is written."""
    shown = repr(text[:80])
    if "://" in text or "/" in text or "@" in text:
        raise ValueError(f"{shown} is an address of a page; {_FORM}")
    host, separator, port = text.strip().rpartition(":")
    if not separator or not host or (":" in host and not host.startswith("[")):
        raise ValueError(f"{shown} has no port; {_FORM}")
    if not (port.isascii() and port.isdecimal() and len(port) <= 5 and 0 < int(port) < 65536):
        raise ValueError(f"{shown}: {port[:20]!r} is no port, a number from 1 to 65535; {_FORM}")
    if host == "*":
        raise ValueError(f"{shown} grants every host; name one, or a domain: *.example.org:{int(port)}")
    try:
        return NetworkGrant(host_of(host, wildcard=True), int(port))
    except ValueError as error:
        raise ValueError(f"{shown}: {error}; {_FORM}") from None


def read_grants(texts: Iterable[str]) -> list[NetworkGrant]:
    """Read grants, each once and in order. Raises ValueError, for too many too."""
    grants = sorted({read_grant(text) for text in texts})
    if len(grants) > MOST_GRANTS:
        raise ValueError(f"there are {len(grants)} grants; a version has at most {MOST_GRANTS}")
    return grants


def host_of(text: str, *, wildcard: bool = False) -> str:
    """Return a host as grants have it: a name in lower case without a dot at its end, or an address as it is usually written.

    `wildcard`: whether it may begin with `*.`. Raises ValueError."""
    host = text.lower().removesuffix(".")
    address = address_of(host.removeprefix("[").removesuffix("]"))
    if address is not None and (host.startswith("[") == (address.version == 6)):
        return str(address)
    name = host.removeprefix(ANY_BELOW) if wildcard else host
    if not name.isascii():
        raise ValueError("write a name with other letters than ASCII in its xn-- form")
    labels = name.split(".")
    if len(name) > _MOST_HOST or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("this is no host name")
    if labels[-1].isdecimal() or labels[-1].startswith("0x"):
        raise ValueError("this is no address")
    return host


def address_of(text: str) -> IpAddress | None:
    """Return the address that a text is; None for a name."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def names(pattern: str, host: str) -> bool:
    """Whether a host, or `*.` and a domain, names this host."""
    return pattern == host or (pattern.startswith(ANY_BELOW) and host.endswith(pattern[1:]) and host != pattern[1:])


def place_of(host: str, port: int) -> str:
    """Write a place as `[network] allow` has it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def line_for(places: Iterable[str]) -> str:
    """Write the lines of `unshelf.toml` that grant these places."""
    listed = ", ".join(f'"{place}"' for place in places)
    return f"[network] allow = [{listed}]"
