"""The head of a request to the proxy in a sandbox: `CONNECT HOST:PORT`, or a request for an `http://` address."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from unshelf.contracts.network.grants import host_of

MOST_HEAD = 32 << 10
_HOP_BY_HOP = (b"connection:", b"proxy-", b"keep-alive:", b"te:", b"upgrade:")


class BadHead(Exception):
    """A request that the proxy does not understand; the message says why."""


@dataclass(frozen=True)
class ProxyHead:
    """A request to the proxy."""

    host: str
    port: int
    passed_on: bytes
    """The head as the server is to get it; empty for a tunnel."""
    target: bytes = b""
    """The whole address that it asks for; empty for a tunnel."""

    def to_proxy(self, authorization: str) -> bytes:
        """Return the head as another proxy is to get it; `authorization`: the value of the header that it asks for, if any."""
        first, rest = self.passed_on.split(b"\r\n", 1)
        method, _, version = first.split(b" ")
        header = f"Proxy-Authorization: {authorization}\r\n".encode() if authorization else b""
        return b" ".join([method, self.target, version]) + b"\r\n" + header + rest


def read_head(head: bytes) -> ProxyHead:
    """Read a head with its empty line at the end. Raises BadHead."""
    first, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    words = first.split(b" ")
    if len(words) != 3 or not words[2].startswith(b"HTTP/1."):
        raise BadHead("this is no HTTP/1.1 request")
    target = words[1].decode("latin-1")
    try:
        if words[0] == b"CONNECT":
            host, _, digits = target.rpartition(":")
            return ProxyHead(host_of(host), _port_of(digits), b"")
        parts = urlsplit(target)
        if parts.scheme != "http" or not parts.hostname:
            raise BadHead("a request to the proxy has a whole http:// address, or is CONNECT HOST:PORT")
        host = host_of(f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname)
        port = 80 if parts.port is None else parts.port
    except ValueError as error:
        raise BadHead(str(error)) from None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    # The connection ends with the answer: another request on it could be for another host.
    kept = [line for line in lines if not line.lower().startswith(_HOP_BY_HOP)]
    passed_on = b"\r\n".join([b" ".join([words[0], path.encode("latin-1"), words[2]]), *kept, b"Connection: close"])
    return ProxyHead(host, port, passed_on + b"\r\n\r\n", words[1])


def _port_of(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:6]) < 65536):
        raise ValueError("this is no port")
    return int(text)


def refusal(status: str, text: str) -> bytes:
    """Return an answer of the proxy's own: the reason in its first line too, which is what clients show of it."""
    line = " ".join(text.split())[:300]
    body = f"{text}\n".encode()
    return (
        f"HTTP/1.1 {status} {line}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    ).encode() + body
