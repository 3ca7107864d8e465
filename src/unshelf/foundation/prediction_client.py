"""Predictions that the platform asks for itself, over the private doors of the gateways."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec

from unshelf.contracts.errors import Unavailable
from unshelf.contracts.protocols.door import DOOR_SOCKETS, DoorOutcome, DoorRequest
from unshelf.runtime.messages import MAX_MESSAGE_BYTES, MessageReader, MessageTooLarge, frame_message

_CONNECT_SECONDS = 5.0
_MAX_IDLE = 8

_outcomes: MessageReader[DoorOutcome] = MessageReader(DoorOutcome)


class PredictionClient:
    """Asks whichever gateway answers. Safe in threads; each call holds a connection of its own."""

    def __init__(self, run_folder: Path, *, seconds: float = 600.0) -> None:
        """`seconds`: how long an outcome may take; the versions' own deadlines are shorter."""
        self._folder = run_folder
        self._seconds = seconds
        self._lock = threading.Lock()
        self._idle: list[socket.socket] = []
        self._last: Path | None = None
        """The door that answered last, which is tried last: gateways take turns."""

    def predict(self, request: DoorRequest) -> DoorOutcome:
        """The outcome, whatever its status. Raises Unavailable when no gateway answers.

        Where a gateway dies before it has answered, the next one is asked: the version may then predict twice."""
        frame = frame_message(request)
        if len(frame) > MAX_MESSAGE_BYTES:
            raise Unavailable(f"A request of {len(frame)} bytes does not fit through the gateways' private door.")
        reason = "no gateway is running"
        for connection in self._connections():
            try:
                connection.sendall(frame)
                outcome = _outcomes.receive(connection)
            except TimeoutError:
                connection.close()
                raise Unavailable("The gateway did not answer in time.") from None
            except (MessageTooLarge, msgspec.MsgspecError) as error:
                connection.close()
                raise Unavailable(f"The gateway's answer can't be read: {error}.") from error
            except (OSError, EOFError) as error:
                connection.close()
                reason = str(error)
                continue
            self._keep(connection)
            return outcome
        raise Unavailable(f"No gateway answers: {reason}.", hint="Send it again in a moment.", retry_after=1)

    def close(self) -> None:
        """Hang up."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _connections(self) -> Iterator[socket.socket]:
        """Idle connections first, which may be dead by now; then a new one to each door."""
        while True:
            with self._lock:
                if not self._idle:
                    break
                connection = self._idle.pop()
            yield connection
        doors = sorted(self._folder.glob(DOOR_SOCKETS))
        if self._last in doors:
            turn = doors.index(self._last) + 1
            doors = doors[turn:] + doors[:turn]
        for door in doors:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                connection.settimeout(_CONNECT_SECONDS)
                connection.connect(str(door))
            except OSError:
                connection.close()
                continue
            connection.settimeout(self._seconds)
            self._last = door
            yield connection

    def _keep(self, connection: socket.socket) -> None:
        """Keep a connection for the next call."""
        with self._lock:
            if len(self._idle) < _MAX_IDLE:
                self._idle.append(connection)
                return
        connection.close()
