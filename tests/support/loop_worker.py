"""A worker on a unix socket of the test's own event loop, which answers what and when the test says; and a host that knows it."""

import asyncio
from collections import deque
from pathlib import Path

from unshelf.contracts.protocols import frames
from unshelf.contracts.protocols.host import Awake, Failed, Load, VersionAddresses
from unshelf.gateway.workers.host_client import HostClient


class LoopWorker:
    """Speaks the frames of contracts.protocols.frames."""

    def __init__(self, path: Path) -> None:
        self.address = f"unix:{path}"
        self.connections = 0
        self._path = path
        self._requests: asyncio.Queue[tuple[int, int, bytes]] = asyncio.Queue()
        self._writer: asyncio.StreamWriter | None = None
        self._server: asyncio.Server | None = None
        self.hung_up = asyncio.Event()

    async def start(self) -> "LoopWorker":
        self._server = await asyncio.start_unix_server(self._serve, self._path)
        return self

    async def request(self) -> bytes:
        """The body of the next prediction."""
        return (await self.frame())[2]

    async def frame(self) -> tuple[int, int, bytes]:
        """The next frame: id, kind, body."""
        return await asyncio.wait_for(self._requests.get(), 1000)

    def has_request(self) -> bool:
        """Whether a frame came that was not looked at."""
        return not self._requests.empty()

    def answer(self, number: int, payload: bytes = b"[1]", *, status: int = 200, flags: int = 0) -> None:
        rest = frames.RESPONSE.size - frames.LENGTH_BYTES + len(payload)
        self.write(frames.RESPONSE.pack(rest, number, status, flags, 0, 1, 10, 20) + payload)

    def write(self, data: bytes) -> None:
        assert self._writer is not None
        self._writer.write(data)

    def die(self) -> None:
        """End as a killed process does."""
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)
        if self._writer is not None:
            self._writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self.connections += 1
        try:
            while True:
                head = await reader.readexactly(frames.REQUEST.size)
                length, number, kind, *_ = frames.REQUEST.unpack(head)
                body = await reader.readexactly(length + frames.LENGTH_BYTES - frames.REQUEST.size)
                self._requests.put_nowait((number, kind, body))
        except (EOFError, OSError):
            self.hung_up.set()
        finally:
            writer.close()


class KnowingHost(HostClient):
    """A host without a socket: gives the addresses that a test sets, and notes what it is asked and told."""

    def __init__(self, *addresses: str) -> None:
        super().__init__("none.sock")
        self.addresses = list(addresses)
        self.failures: deque[Failed] = deque()
        """The answers before the first address."""
        self.asked: list[str | None] = []
        """For each wake the address that is known to be dead."""
        self.memory_limit = ""
        self.stuck: list[str] = []
        self.reports: list[list[Load]] = []
        self.away = False
        self.served: list[VersionAddresses] = []

    async def wake(self, model: str, version: int, not_address: str | None) -> Awake | Failed:
        self.asked.append(not_address)
        if self.failures:
            return self.failures.popleft()
        return Awake(id=1, address=self.addresses[0], addresses=list(self.addresses))

    async def out_of_memory(self, model: str, version: int, address: str) -> str:
        return self.memory_limit

    def report_stuck(self, model: str, version: int, address: str, silent_seconds: float) -> None:
        self.stuck.append(address)

    async def report(self, gateway: str, loads: list[Load]) -> list[VersionAddresses]:
        if self.away:
            raise ConnectionResetError("the host is away")
        self.reports.append(loads)
        return self.served
