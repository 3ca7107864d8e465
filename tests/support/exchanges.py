"""Exchanges without a connection: what is sent to the client is kept as bytes."""

import asyncio

from unshelf.gateway.http.direct_read import Write
from unshelf.gateway.http.exchange import ClientDisconnected, Exchange, Head


class Wire:
    """See http.exchange.Transport: the client takes all at once, until a test says that it is gone."""

    peer = "127.0.0.1:9"
    closing = False

    def __init__(self) -> None:
        self.sent = b""
        self.ends = 0
        """Answers that were sent whole."""
        self.aborted = False
        self.gone = False
        self._written = asyncio.Event()

    @property
    def body(self) -> bytes:
        """The body of the one answer."""
        return self.sent.partition(b"\r\n\r\n")[2]

    @property
    def head(self) -> dict[str, str]:
        """The headers of the one answer; its status is `:status`."""
        first, *lines = self.sent.partition(b"\r\n\r\n")[0].decode().split("\r\n")
        return {":status": first.split()[1], **dict(line.split(": ", 1) for line in lines)}

    def write(self, data: bytes) -> None:
        self.sent += data
        self._written.set()

    async def until_sent(self, text: bytes) -> None:
        """Return once this stands in the answer."""
        while text not in self.sent:
            self._written.clear()
            await asyncio.wait_for(self._written.wait(), 30)

    async def drained(self) -> None:
        if self.gone:
            raise ClientDisconnected

    def wants_body(self, exchange: Exchange) -> None:
        """Nothing: tests give the pieces themselves."""

    async def read_directly(self, exchange: Exchange, left: int, write: Write) -> int:
        return left

    def answered(self, exchange: Exchange) -> None:
        self.ends += 1

    def abort(self) -> None:
        self.aborted = True


def an_exchange(method: str, path: str, body: bytes | None = b"", **headers: str) -> tuple[Exchange, Wire]:
    """A request whose body is there (None: it will come). Underscores in names of headers stand for hyphens."""
    wire = Wire()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    head = Head(method=method, target=path, path=path, query_string="", headers=named, keep_alive=True, old=False)
    return Exchange(wire, head, body), wire
