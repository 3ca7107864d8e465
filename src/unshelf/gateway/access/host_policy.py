"""Checks of Host and Origin, against DNS rebinding and against requests from other web pages."""

import re

from unshelf.contracts.protocols.origins import origin_authority
from unshelf.gateway.errors import ProblemError

_REMEMBERED = 1024
_REMEMBERED_CHARACTERS = 300
"""The longest Host that is remembered; names of the DNS have at most 253 characters, and a port five digits."""
_PORT = re.compile(r"[0-9]{0,5}")


class HostPolicy:
    """Checks Host against the allowed names, and Origin against Host."""

    def __init__(self, allowed_hosts: list[str] | None) -> None:
        self._allowed = None if allowed_hosts is None else frozenset(host.lower() for host in allowed_hosts)
        self._good: set[str] = set()

    def check(self, host: str | None, origin: str | None) -> None:
        """Raise ProblemError when the request is addressed to a name that is not ours, or comes from a page of another origin."""
        if host not in self._good:
            self._check_host(host)
        if origin is not None and origin_authority(origin) != (host or "").lower():
            raise ProblemError(
                "forbidden", "A browser may call this address only from its own pages.",
                hint="Call it from a program, or from a page served at this address.",
            )  # fmt: skip

    def _check_host(self, host: str | None) -> None:
        if self._allowed is None:
            return
        name = host_name(host or "")
        if name not in self._allowed:
            raise ProblemError(
                "misdirected_request", f"This server is not addressed as {(host or '')[:80]!a}.",
                hint="The operator lists the names it may be addressed by in UNSHELF_ALLOWED_HOSTS.",
            )  # fmt: skip
        if host is not None and len(host) <= _REMEMBERED_CHARACTERS and len(self._good) < _REMEMBERED:
            self._good.add(host)


def host_name(authority: str) -> str:
    """The host of `host`, `host:port` or `[v6]:port`, in lower case and without brackets; empty where a port is no number."""
    text = authority.strip().lower()
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        port = port.removeprefix(":")
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    else:
        host, port = text, ""
    return host if _PORT.fullmatch(port) else ""
