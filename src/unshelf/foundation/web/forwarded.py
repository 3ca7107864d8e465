"""Forwarded requests: the caller and the address that a gateway names for a request that it passes on.

Control listens on a socket that only gateways reach, and they drop what their callers say of this themselves."""

import ipaddress

from fastapi import Request
from starlette.datastructures import Headers

_IPV6_NETWORK = 64
"""One customer's part of an IPv6 address."""


def client_address(request: Request) -> str:
    """The network address of the caller, or of a proxy before the gateway; empty when it is not known."""
    return request.headers.get("x-forwarded-for", "").strip("[] ")


def network_of(address: str) -> str:
    """The part of a network address that one customer has."""
    try:
        found = ipaddress.ip_address(address.strip("[]"))
    except ValueError:
        return "unknown"
    if found.version == 4 or found.ipv4_mapped is not None:
        return str(getattr(found, "ipv4_mapped", None) or found)
    return str(ipaddress.ip_network((found, _IPV6_NETWORK), strict=False))


def is_from_this_machine(request: Request) -> bool:
    """Whether a caller on this machine addressed the server as this machine: no proxy passed the request on from elsewhere."""
    host = authority(request.headers).rpartition(":")[0] or authority(request.headers)
    return _is_loopback(client_address(request)) and (host == "localhost" or _is_loopback(host.strip("[]")))


def authority(headers: Headers) -> str:
    """The host and port that the caller addressed, in lower case."""
    return (headers.get("x-forwarded-host") or headers.get("host") or "").strip().lower()


def origin_of(request: Request) -> str:
    """The address that callers reach this server by, without a final slash: as the operator says, else as this one did."""
    public: str = getattr(request.app.state, "public_url", "")
    if public:
        return public.rstrip("/")
    return f"{request.headers.get('x-forwarded-proto', 'http')}://{authority(request.headers)}"


def origin_used(request: Request) -> str:
    """The address that this caller used, without a final slash: on this machine the one that was addressed, whatever others use."""
    if is_from_this_machine(request):
        return f"{request.headers.get('x-forwarded-proto', 'http')}://{authority(request.headers)}"
    return origin_of(request)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
