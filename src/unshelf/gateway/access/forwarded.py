"""Requests that come through a proxy: whose word on the caller's address counts."""

import ipaddress
from collections.abc import Mapping, Sequence

_MOST_HOPS = 32
_SCHEMES = ("http", "https")


class TrustedProxies:
    """The proxies whose X-Forwarded-For and X-Forwarded-Proto are believed; what anybody else says there is dropped."""

    def __init__(self, networks: Sequence[str]) -> None:
        """`networks`: addresses and ranges. Raises ValueError for anything else."""
        self._networks = [ipaddress.ip_network(each, strict=False) for each in networks]

    def origin_of(self, peer: str, scheme: str, headers: Mapping[str, str]) -> tuple[str, str]:
        """Return the address of the caller and the scheme that they used; `peer`: the address of the connection.

        A proxy adds who it was asked by at the end: from there back to the first one that is no trusted proxy, all is true."""
        if not self._networks or not self._trusts(peer):
            return peer, scheme
        hops = [hop.strip() for hop in headers.get("x-forwarded-for", "").split(",")][-_MOST_HOPS:]
        address = peer
        for hop in reversed(hops):
            if _parsed(hop) is None:
                break
            address = hop
            if not self._trusts(hop):
                break
        said = headers.get("x-forwarded-proto", "").rpartition(",")[2].strip().lower()
        return address, said if said in _SCHEMES else scheme

    def _trusts(self, address: str) -> bool:
        found = _parsed(address)
        return found is not None and any(found in network for network in self._networks)


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address; an IPv4 address that was mapped to IPv6 as what it is."""
    try:
        found = ipaddress.ip_address(address.strip("[]"))
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found
