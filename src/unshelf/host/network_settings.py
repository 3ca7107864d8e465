"""Variables of the operator's environment that say how this machine reaches the network: proxies and certificate authorities."""

from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

PROXIES = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"})
AUTHORITIES = frozenset(
    {"SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "NODE_EXTRA_CA_CERTS"}
)
_PROXY_ADDRESSES = {name for each in PROXIES - {"NO_PROXY"} for name in (each, each.lower())}
PROXY_VARIABLES = PROXIES | {name.lower() for name in PROXIES}
NETWORK_VARIABLES = PROXY_VARIABLES | AUTHORITIES
"""Builds and workers see these, workers without the user names and passwords of proxies."""


def without_credentials(environment: Mapping[str, str]) -> dict[str, str]:
    """Take user names and passwords out of the addresses of proxies: they are the operator's, and a model's program a stranger's."""
    return {name: _without_user(value) if name in _PROXY_ADDRESSES else value for name, value in environment.items()}


def _without_user(address: str) -> str:
    """Leave out `user:password@`, also of an address without a scheme."""
    bare = "//" if "://" not in address else ""
    try:
        parts = urlsplit(bare + address)
    except ValueError:
        return ""  # no program can use it, and it may hold a password
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])).removeprefix(bare)
