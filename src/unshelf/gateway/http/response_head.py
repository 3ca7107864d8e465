"""The heads of answers, as bytes: status line, headers, and what they say about the body that follows."""

from collections.abc import Iterable
from http import HTTPStatus
from time import gmtime, strftime, time

Pairs = Iterable[tuple[str, str]]
"""Header names, in lower case, with their values."""

_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus}
_BODILESS = frozenset({204, 304})
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class BadHeader(ValueError):
    """A header that would end its line, and so begin another: nothing of the answer was sent."""


class Clock:
    """The Date header, written once a second."""

    def __init__(self) -> None:
        self._second = 0
        self._line = b""

    def line(self) -> bytes:
        """`date: …` with its line end."""
        second = int(time())
        if second != self._second:
            self._second = second
            self._line = strftime("date: %a, %d %b %Y %H:%M:%S GMT\r\n", gmtime(second)).encode()
        return self._line


_clock = Clock()


def has_body(method: str, status: int) -> bool:
    """Whether an answer of this status to this method may have a body at all."""
    return method != "HEAD" and status not in _BODILESS


def encode_head(status: int, headers: Pairs, *, framing: str, close: bool) -> bytes:
    """The head. `framing` is the header line that says where the body ends, or nothing. Raises BadHeader."""
    lines = [f"{name}: {value}\r\n" for name, value in headers]
    line = _STATUS_LINES.get(status) or f"HTTP/1.1 {status} \r\n"
    text = "".join((line, *lines, framing, _clock.line().decode(), "connection: close\r\n\r\n" if close else "\r\n"))
    if text.count("\n") != len(lines) + 3 + bool(framing) + close or text.count("\r") != text.count("\n"):
        raise BadHeader("a header's value holds a line end")
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise BadHeader(f"a header's value can't be written: {error}") from None


def encode_ok(lines: bytes, body: bytes, *, close: bool) -> bytes:
    """The whole answer with 200; `lines` are whole header lines."""
    end = b"connection: close\r\n\r\n" if close else b"\r\n"
    return b"HTTP/1.1 200 OK\r\n%bcontent-length: %d\r\n%b%b%b" % (lines, len(body), _clock.line(), end, body)
