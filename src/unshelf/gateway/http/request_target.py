"""Checks of a request's head beyond the parser's: its target, its version, its framing."""

from collections.abc import Mapping
from urllib.parse import unquote

from unshelf.gateway.http.exchange import Head

_UPGRADE = frozenset({"connection", "upgrade", "http2-settings"})


class BadTarget(ValueError):
    """A request's target that leads nowhere."""


def read_target(url: bytes) -> tuple[str, str, str, str]:
    """A request's target as target, path, query and authority. The target has neither scheme nor authority; the path no
    percent-encoding (what is no UTF-8 then becomes U+FFFD, which names nothing); the authority is empty where none is named.
    Raises BadTarget."""
    target, authority = url.decode("latin-1"), ""
    if not target.startswith("/"):
        target, authority = _origin_form(target)
    path, _, query = target.partition("?")
    if "%" in path:
        path = unquote(path)
    return target, path, query, authority


def _origin_form(target: str) -> tuple[str, str]:
    """A target that is written for a proxy, as one for the server itself, and the authority that it names."""
    if target == "*":
        return target, ""
    scheme, separator, rest = target.partition("://")
    if not separator or scheme.lower() not in ("http", "https"):
        raise BadTarget("The target is no path, and this server is no proxy.")
    end = min((place for mark in "/?#" if (place := rest.find(mark)) >= 0), default=len(rest))
    authority, tail = rest[:end], rest[end:]
    if not authority or "@" in authority:
        raise BadTarget("The target's authority is no host with a port.")
    return tail if tail.startswith("/") else f"/{tail}", authority


def fault_of_head(version: str, headers: Mapping[str, str]) -> str:
    """Name the fault of a head that the parser lets pass; empty when there is none."""
    if version not in ("1.0", "1.1"):
        return f"HTTP/{version} is not spoken here, HTTP/1.1 is."
    if version == "1.1" and "host" not in headers:
        return "The header host is missing."
    coding = headers.get("transfer-encoding")
    if coding is not None and version == "1.0":
        return "HTTP/1.0 has no transfer-encoding."
    if coding is not None and coding.strip().lower() != "chunked":
        return "The transfer-encoding is not understood, only chunked is."
    return ""


def head_without_upgrade(head: Head) -> bytes:
    """The head of a request that offered another protocol, without the offer."""
    kept = [f"{name}: {value}\r\n" for name, value in head.headers.items() if name not in _UPGRADE]
    if not head.keep_alive:
        kept.append("connection: close\r\n")
    version = "1.0" if head.old else "1.1"
    return f"{head.method} {head.target} HTTP/{version}\r\n{''.join(kept)}\r\n".encode("latin-1")
