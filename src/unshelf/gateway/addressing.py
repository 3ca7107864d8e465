"""To whom a request is addressed and from where: the checks against DNS rebinding and against other people's web pages."""

from urllib.parse import urlsplit

from unshelf.gateway.problems import Refused

_REMEMBERED = 1024


class Addressing:
    """Checks Host against the allowed names, and Origin against Host."""

    def __init__(self, allowed_hosts: list[str] | None) -> None:
        self._allowed = None if allowed_hosts is None else frozenset(host.lower() for host in allowed_hosts)
        self._good: set[str] = set()

    def check(self, host: str | None, origin: str | None) -> None:
        """Raise Refused when the request is addressed to a name that is not ours, or comes from a page of another origin."""
        if host not in self._good:
            self._check_host(host)
        if origin is not None and _origin_authority(origin) != (host or "").lower():
            raise Refused(
                "forbidden", "a browser may call this address only from its own pages",
                hint="call it from a program, or from a page served at this address",
            )  # fmt: skip

    def _check_host(self, host: str | None) -> None:
        if self._allowed is None:
            return
        name = host_name(host or "")
        if name not in self._allowed:
            raise Refused(
                "misdirected_request", f"this server is not addressed as {(host or '')[:80]!a}",
                hint="the operator lists the names it may be addressed by in UNSHELF_ALLOWED_HOSTS",
            )  # fmt: skip
        if host is not None and len(self._good) < _REMEMBERED:
            self._good.add(host)


def host_name(authority: str) -> str:
    """The host of `host`, `host:port` or `[v6]:port`, in lower case and without brackets."""
    text = authority.strip().lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.rpartition(":")[0] if text.count(":") == 1 else text


def _origin_authority(origin: str) -> str | None:
    """The authority of an Origin header as a Host header would write it; None for `null` and for what can't be read."""
    try:
        parts = urlsplit(origin.strip().lower())
        default = {"http": 80, "https": 443}.get(parts.scheme)
        if default is None or not parts.hostname:
            return None
        return parts.netloc.removesuffix(f":{default}") if parts.port == default else parts.netloc
    except ValueError:
        return None
