"""A stored request as the ordinary path takes requests in, and the answer that it gives, caught before it goes anywhere."""

import asyncio

from unshelf.contracts.deferred import Damaged
from unshelf.contracts.routing import Limits
from unshelf.gateway.deferred.store import Lease
from unshelf.gateway.http.exchange import Exchange, Head
from unshelf.gateway.http.pouring import Write
from unshelf.gateway.incoming import keep_beginning
from unshelf.gateway.limits import Limiter, Limiters
from unshelf.gateway.media import ARROW
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.problems import Refused

MOST_ATTEMPTS = 5
"""How often a request is begun whose gateway ends each time before it is answered."""
_WRITTEN_ANEW = frozenset({"date", "content-length", "connection"})


class StoredRequest:
    """See Incoming: its body comes from the disk when it is its turn, and its head was understood when it was accepted."""

    def __init__(self, lease: Lease, recorded_arrow_bytes: int) -> None:
        self._lease = lease
        self._recorded_arrow_bytes = recorded_arrow_bytes
        self.refused: Refused | None = None
        """Why it shall not be predicted any more."""

    async def discard(self) -> None:
        """See Incoming: nobody sends it."""

    async def receive(self, prediction: Prediction) -> None:
        """See Incoming."""
        request = self._lease.request
        prediction.content_type, prediction.kind, prediction.header = request.content_type, request.kind, request.header
        try:
            body = await asyncio.to_thread(self._lease.read_body)
        except Damaged as error:
            raise Refused("internal_error", f"the stored request can't be read: {error}") from None
        if request.protocol == ARROW:
            keep_beginning(prediction, [body], self._recorded_arrow_bytes)
        else:
            prediction.body = body
        if self._lease.attempts > MOST_ATTEMPTS:
            self.refused = Refused(
                "internal_error", f"the server ended {MOST_ATTEMPTS} times while it computed this prediction",
                hint="the server's log has the reason",
            )  # fmt: skip
        if self.refused is not None:
            prediction.reference = request.reference
            raise self.refused

    def describe(self, prediction: Prediction) -> str | None:
        """See Incoming."""
        prediction.reference = self._lease.request.reference  # it was led by the version chosen then
        timeout = self._lease.request.timeout
        return None if timeout is None else repr(timeout)

    def release(self) -> None:
        """See Incoming: the body goes with its prediction."""


class RefusedRequest:
    """See Incoming: a request that was read and refused."""

    def __init__(self, refused: Refused) -> None:
        self._refused = refused

    async def discard(self) -> None:
        """See Incoming."""

    async def receive(self, prediction: Prediction) -> None:  # noqa: ARG002 -- it is filled in
        """See Incoming."""
        raise self._refused

    def describe(self, prediction: Prediction) -> str | None:  # noqa: ARG002
        """See Incoming: never asked."""
        return None

    def release(self) -> None:
        """See Incoming."""


class CaughtAnswer:
    """See Wire: what is sent over it is kept, and read as a client would read it."""

    def __init__(self) -> None:
        self.peer = ""
        self.closing = False
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.body = b""

    def exchange(self) -> Exchange:
        """An exchange whose one answer comes here."""
        head = Head(method="POST", target="", path="", query_string="", headers={}, keep_alive=True, old=False)
        return Exchange(self, head, b"")

    def write(self, data: bytes) -> None:
        """See Wire: the whole answer."""
        head, _, self.body = data.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(status.split(" ", 2)[1])
        pairs = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        self.headers = [(name, value) for name, value in pairs if name not in _WRITTEN_ANEW]

    async def drained(self) -> None:
        """See Wire."""

    def wants_body(self, exchange: Exchange) -> None:
        """See Wire: it is there."""

    async def pour(self, exchange: Exchange, left: int, write: Write) -> int:  # noqa: ARG002
        """See Wire: it is there."""
        return left

    def answered(self, exchange: Exchange) -> None:
        """See Wire."""

    def abort(self) -> None:
        """See Wire: there is none to be broken off."""


class CountedBefore(Limiters):
    """Limits for requests that were held to them when they were accepted: now they may pass."""

    def __init__(self) -> None:
        super().__init__(0, 1)
        self._open = Limiter(Limits(), 0, 1)

    def enter_key(self, id: str, name: str, limits: Limits) -> Limiter:  # noqa: ARG002
        """See Limiters."""
        self._open.enter(name)
        return self._open

    def enter_model(self, name: str, limits: Limits) -> Limiter:  # noqa: ARG002
        """See Limiters."""
        self._open.enter(name)
        return self._open
