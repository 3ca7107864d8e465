"""The gateway's line to the host: asks where a version is served, over one connection that is always made anew."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from itertools import count

import msgspec

from unshelf.contracts.protocols.host import (
    Ack,
    Addresses,
    Awake,
    DiagnoseExit,
    ExitDiagnosis,
    Failed,
    FromHost,
    InFlight,
    Load,
    ReportHang,
    ToHost,
    VersionAddresses,
    Wake,
)
from unshelf.runtime.messages import MessageReader, frame_message

logger = logging.getLogger(__name__)
_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 0.5
_PATIENCE_SECONDS = 5.0
Answer = Awake | Failed | ExitDiagnosis | Addresses | Ack

_messages: MessageReader[FromHost] = MessageReader(FromHost)


class HostClient:
    """Answers `wake`, however often the host itself is restarted in between."""

    def __init__(self, socket_name: str) -> None:
        self._socket_name = socket_name
        self._ids = count(1)
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._up = asyncio.Event()

    @property
    def connected(self) -> bool:
        """Whether the host's socket answers."""
        return self._writer is not None

    async def wake(self, model: str, version: int, not_address: str | None) -> Awake | Failed:
        """Ask for an address of the version. Takes as long as starting takes; when the host goes, the next one is asked."""
        while True:
            await self._up.wait()
            number = next(self._ids)
            try:
                answer = await self._ask(Wake(id=number, model=model, version=version, not_address=not_address))
            except ConnectionError:
                continue
            if isinstance(answer, Awake | Failed):
                return answer

    async def out_of_memory(self, model: str, version: int, address: str) -> str:
        """The memory limit that ended the worker at this address, for people; empty when it was not that, or nobody knows."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                answer = await self._ask(
                    DiagnoseExit(id=next(self._ids), model=model, version=version, address=address)
                )
        except (ConnectionError, TimeoutError):
            return ""
        return answer.out_of_memory if isinstance(answer, ExitDiagnosis) else ""

    async def report(self, gateway: str, loads: list[Load]) -> list[VersionAddresses]:
        """Say what is in flight; gives where these versions are served. Raises ConnectionError when the host is not there."""
        answer = await self._ask(InFlight(id=next(self._ids), gateway=gateway, loads=loads))
        return answer.served if isinstance(answer, Addresses) else []

    def report_stuck(self, model: str, version: int, address: str, silent_seconds: float) -> None:
        """Say that a worker hangs. A host that is away hears it at the next deadline."""
        self._send(
            ReportHang(id=next(self._ids), model=model, version=version, address=address, silent_seconds=silent_seconds)
        )

    async def _ask(self, request: ToHost) -> "Answer":
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        if self._writer is None:
            raise ConnectionResetError("the host is away")
        self._waiting[request.id] = answer
        try:
            self._send(request)
            return await answer
        finally:
            self._waiting.pop(request.id, None)

    async def keep_connected(self, reconnected: Callable[[], None]) -> None:
        """Connect, listen, and connect again, until cancelled; `reconnected` is called for each connection but the first."""
        pause = _FIRST_PAUSE
        connected_before = False
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(self._socket_name)
            except OSError:
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
                continue
            pause = _FIRST_PAUSE
            self._writer = writer
            self._up.set()
            if connected_before:
                logger.info("the host is back")
                reconnected()
            connected_before = True
            try:
                await self._listen(reader)
            except (OSError, EOFError, msgspec.MsgspecError) as error:
                logger.warning("the connection to the host broke", extra={"error": repr(error)})
            finally:
                await self._hang_up(writer)
            await asyncio.sleep(pause)

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while True:
            message = await _messages.read(reader)
            future = self._waiting.get(message.id)
            if future is not None and not future.done() and isinstance(message, Answer):
                future.set_result(message)

    async def _hang_up(self, writer: asyncio.StreamWriter) -> None:
        self._writer = None
        self._up.clear()
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(ConnectionResetError("the host went away"))
        writer.close()
        with contextlib.suppress(OSError):  # it was broken already, which is why we hang up
            await writer.wait_closed()

    def _send(self, message: ToHost) -> None:
        if self._writer is not None:
            self._writer.write(frame_message(message))
