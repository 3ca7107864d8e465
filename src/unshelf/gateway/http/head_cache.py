"""A cache of parsed heads: a client that calls again sends the same bytes again."""

from unshelf.gateway.http.exchange import Head

_HEADS = 1024
_HEAD_BYTES = 2048
_END = b"\r\n\r\n"
_CHANGE_READING = frozenset({"transfer-encoding", "expect", "upgrade"})
_Known = tuple[bytes, int, int, Head]
"""The head's bytes, their number, that of the whole request, and what they say."""
_NOTHING = Head(method="", target="", path="", query_string="", headers={}, keep_alive=False, old=False)
_NONE: _Known = (b"\0", 0, -1, _NOTHING)
"""An entry that matches no request."""


class HeadCache:
    """The heads of whole, plain requests that the parser took, by their bytes. What differs in one byte goes to the parser."""

    def __init__(self) -> None:
        self._heads: dict[bytes, _Known] = {}
        self._last = _NONE
        """The one that was found last: comparing is cheaper than cutting out and looking up."""

    def find(self, data: bytes) -> tuple[Head, bytes] | None:
        """Head and body, where `data` is exactly one request with a head that is known."""
        last, end, size, head = self._last
        if not data.startswith(last):
            end = data.find(_END, 0, _HEAD_BYTES) + 4
            known = self._heads.get(data[:end])
            if known is None:
                return None
            self._last = last, end, size, head = known
        return (head, data[end:]) if len(data) == size else None

    def remember(self, data: bytes, head: Head) -> None:
        """Keep the head of `data`, which was exactly one request."""
        end = data.find(_END, 0, _HEAD_BYTES) + 4
        headers = head.headers
        if end < 4 or head.old or not head.keep_alive or not _CHANGE_READING.isdisjoint(headers):
            return
        length = int(headers.get("content-length", "0"))
        if len(data) != end + length:
            return  # blank lines came before it, and their end was taken for the head's
        if len(self._heads) >= _HEADS:
            self._heads.clear()
        head.repeated = True
        self._heads[data[:end]] = (data[:end], end, len(data), head)
