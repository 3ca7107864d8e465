"""The operator's policy of network: what projects may grant their models, and which addresses are spoken to."""

import ipaddress
from collections.abc import Sequence

from unshelf.contracts.network.grants import ANY_BELOW, IpAddress, NetworkGrant, address_of, host_of, names

EVERYTHING = "full"
"""The entry that lets a version have the server's whole network."""
ANY_HOST = "*"
"""The entry for all hosts of the public internet."""
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_OWN_NAMES = ("localhost", "*.localhost")

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class EgressPolicy:
    """Decides what may be granted, and which addresses a granted name may have.

    An entry is a host, `*.` and a domain, an address, a range (`10.0.0.0/8`) or `*`, each with `:PORT` or for every port, or `full`.
    Only what is named by its whole name, address or range may be private, of the machine itself or of its cloud."""

    def __init__(self, entries: Sequence[str]) -> None:
        """Raise ValueError for what is no entry."""
        self.allows_everything = EVERYTHING in entries
        self._entries = [_parsed(entry) for entry in entries if entry != EVERYTHING]

    def may_grant(self, grant: NetworkGrant) -> bool:
        """Whether a project may grant this; a granted name may still have an address that is not spoken to."""
        address = address_of(grant.host)
        if address is not None:
            return (self._has_any(grant.port) and is_public(address)) or self._lists_address(address, grant.port)
        patterns = self._patterns(grant.port)
        if any(names(own, grant.host) for own in _OWN_NAMES):
            return grant.host in patterns
        return ANY_HOST in patterns or any(_covers(pattern, grant.host) for pattern in patterns)

    def may_reach(self, host: str, port: int, address: IpAddress) -> bool:
        """Whether an address of a granted host may be spoken to."""
        return (
            host in self._patterns(port)
            or (is_public(address) and self.may_grant(NetworkGrant(host, port)))
            or self._lists_address(address, port)
        )

    def _has_any(self, port: int) -> bool:
        return ANY_HOST in self._patterns(port)

    def _patterns(self, port: int) -> list[str]:
        return [host for host, _, at in self._entries if at in (None, port)]

    def _lists_address(self, address: IpAddress, port: int) -> bool:
        return any(
            network is not None and network.version == address.version and address in network
            for _, network, at in self._entries
            if at in (None, port)
        )


def is_public(address: IpAddress) -> bool:
    """Whether an address is of the public internet, and so are those that it wraps."""
    if isinstance(address, ipaddress.IPv6Address):
        wrapped = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in _NAT64:
            wrapped.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        inner = [each for each in wrapped if each is not None]
        if inner:
            return all(is_public(each) for each in inner)
    return address.is_global and not address.is_multicast


def _covers(pattern: str, host: str) -> bool:
    """Whether a pattern of the policy names a host, or all below a domain that a grant names."""
    if host.startswith(ANY_BELOW):
        return pattern.startswith(ANY_BELOW) and (host == pattern or host.endswith(pattern[1:]))
    return names(pattern, host)


def _parsed(entry: str) -> tuple[str, _Network | None, int | None]:
    host, port = _split(entry.strip())
    if host == ANY_HOST:
        return host, None, port
    try:
        network = ipaddress.ip_network(host.removeprefix("[").removesuffix("]"), strict=False)
    except ValueError:
        network = None
    if network is not None:
        return str(network) if "/" in host else str(network.network_address), network, port
    try:
        return host_of(host, wildcard=True), None, port
    except ValueError as error:
        raise ValueError(
            f"{entry[:80]!r}: {error}; write a host, *.DOMAIN, an address, a range or *, each with :PORT or without, or full"
        ) from None


def _split(entry: str) -> tuple[str, int | None]:
    """Divide an entry into its host and its port."""
    host, separator, port = entry.rpartition(":")
    if not separator or (":" in host and not host.startswith("[")):
        return entry, None
    if not (port.isascii() and port.isdecimal() and len(port) <= 5 and 0 < int(port) < 65536):
        raise ValueError(f"{entry[:80]!r}: {port[:20]!r} is no port, a number from 1 to 65535")
    return host, int(port)
