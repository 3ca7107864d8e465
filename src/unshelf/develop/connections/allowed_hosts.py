"""The operator's allow-list of hosts that data may come from; names are resolved once, and only resolved addresses are spoken to."""

import ipaddress
import re
import socket
from collections.abc import Sequence
from typing import Any

from unshelf.contracts.errors import Unavailable, UnshelfError
from unshelf.contracts.network.policy import is_public

_ENTRY = re.compile(r"(?P<host>\[[0-9a-f:]+\]|[^:]*|[0-9a-f:]+(/\d+)?)(:(?P<port>\d+))?", re.IGNORECASE)


Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class HostNotAllowed(UnshelfError):
    """The operator's allow-list does not name the host."""

    code = "invalid_input"


class AllowedHosts:
    """Decides which addresses may be spoken to.

    An entry is a host (`db.example.org`), all below a domain (`*.example.org`), an address or a range (`10.0.0.0/8`), each with a port
    or without. A host that is named by its domain alone must have an address of the public internet, or one in a range of the list."""

    def __init__(self, entries: Sequence[str]) -> None:
        self._entries = [_parsed(entry) for entry in entries]
        self._resolved: dict[tuple[str, int], str] = {}
        self._resolve = socket.getaddrinfo

    def may_name(self, host: str, port: int) -> bool:
        """Whether the list names the host; a host by its domain may still have an address that is not allowed."""
        address = _address(host)
        if address is not None:
            return self._is_listed(address, port)
        return any(_has_port(at, port) and _names(pattern, host) for pattern, at in self._entries)

    def address_of(self, host: str, port: int) -> str:
        """Return the address of a host: resolved the first time, the same ever after. Raises HostNotAllowed, Unavailable."""
        key = (host.lower().rstrip("."), port)
        if key not in self._resolved:
            self._resolved[key] = self._allowed_address(*key)
        return self._resolved[key]

    def install(self) -> None:
        """Have every library of this process resolve names by this list alone."""

        def getaddrinfo(host: Any, port: Any, *more: Any, **named: Any) -> Any:
            name = host.decode() if isinstance(host, bytes) else str(host)
            return self._resolve(self.address_of(name, int(port or 0)), int(port or 0), *more, **named)

        socket.getaddrinfo = getaddrinfo

    def _allowed_address(self, host: str, port: int) -> str:
        if not self.may_name(host, port):
            raise _refused(host, port)
        try:
            found = self._resolve(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise Unavailable(f"The host {host} has no address.", hint="Check the name in the connection.") from None
        for *_, place in found:
            if self._may_reach(host, port, str(place[0])):
                return str(place[0])
        raise _refused(host, port)

    def _may_reach(self, host: str, port: int, text: str) -> bool:
        """Whether an address of a host that the list names may be spoken to."""
        address = _address(text)
        if address is None:
            return False
        if any(pattern == host and _has_port(at, port) for pattern, at in self._entries):
            return True
        return (_address(host) is None and is_public(address)) or self._is_listed(address, port)

    def _is_listed(self, address: Address, port: int) -> bool:
        networks = (_network(pattern) for pattern, at in self._entries if _has_port(at, port))
        return any(
            network is not None and address.version == network.version and address in network for network in networks
        )


def check_entry(entry: str) -> None:
    """Raise ValueError for what is no entry of the list."""
    pattern, _ = _parsed(entry)
    if pattern.strip("*.") == "" or "*" in pattern.removeprefix("*."):
        raise ValueError(f"{entry!r} is no host: write a name, *.DOMAIN, an address or a range, perhaps with :PORT")
    if "/" in pattern and _network(pattern) is None:
        raise ValueError(f"{entry!r} is no range of addresses")


def _parsed(entry: str) -> tuple[str, int | None]:
    text = entry.strip().lower()
    match = _ENTRY.fullmatch(text)
    if match is None:
        raise ValueError(f"{entry!r} is no host")
    return match["host"].strip("[]"), int(match["port"]) if match["port"] else None


def _has_port(wanted: int | None, port: int) -> bool:
    return wanted is None or wanted == port


def _names(pattern: str, host: str) -> bool:
    return pattern == host or (pattern.startswith("*.") and host.endswith(pattern[1:]) and len(host) > len(pattern) - 1)


def _address(text: str) -> Address | None:
    """Return the address that a text is; of an IPv4 address in IPv6 form the IPv4 one."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _network(pattern: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(pattern, strict=False)
    except ValueError:
        return None


def _refused(host: str, port: int) -> HostNotAllowed:
    return HostNotAllowed(
        f"Data may not come from {host[:200]}, port {port}.",
        hint="The operator lists the hosts that data may come from in UNSHELF_DATA_HOSTS; those of private ranges by their whole name.",
    )
