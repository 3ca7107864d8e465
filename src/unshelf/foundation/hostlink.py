"""The door to the host: one short-lived connection a call, frames of contracts.hosting over its unix socket."""

import socket
import struct
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from unshelf.contracts.bundle import Manifest
from unshelf.contracts.hosting import (
    Awake,
    Describe,
    Described,
    Failed,
    Forget,
    Forgotten,
    FromHost,
    Prepare,
    Prepared,
    Progress,
    Replica,
    ToHost,
    Wake,
)
from unshelf.foundation.errors import HostFailure, Unavailable

_LENGTH = struct.Struct("<I")
_CONNECT_SECONDS = 5.0
_QUICK_SECONDS = 30.0
_CALL = 1
"""The id of the one request each connection carries."""

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[FromHost] = msgspec.msgpack.Decoder(FromHost)

Answer = TypeVar("Answer", Awake, Prepared, Described, Forgotten)


class HostLink:
    """Asks the host. Every call raises HostFailure when the host says no, and Unavailable when it does not answer."""

    def __init__(self, socket_path: Path, *, wake_seconds: float = 180.0) -> None:
        self._path = socket_path
        self._wake_seconds = wake_seconds

    def prepare(self, model: str, manifest: Manifest, on_progress: Callable[[Progress], None]) -> Prepared:
        """Lock, build and check the bundle; takes as long as it takes. What `on_progress` raises cancels it."""
        return self._ask(Prepare(id=_CALL, model=model, manifest=manifest), Prepared, None, on_progress)

    def wake(self, model: str, version: int) -> str:
        """Have a worker of that version; gives the socket's name at which it answers."""
        return self._ask(Wake(id=_CALL, model=model, version=version), Awake, self._wake_seconds).address

    def describe(self) -> Described:
        """The machine and its replicas; looks for its interpreters."""
        return self._ask(Describe(id=_CALL), Described, _QUICK_SECONDS)

    def replicas(self) -> list[Replica]:
        """The worker processes alone, at once."""
        return self._ask(Describe(id=_CALL, machine=False), Described, _QUICK_SECONDS).replicas

    def forget(self, bundles: list[str], environments: list[str]) -> None:
        """Delete the folders of bundles and environments that nobody uses any more."""
        self._ask(Forget(id=_CALL, bundles=bundles, environments=environments), Forgotten, _QUICK_SECONDS)

    def _ask(
        self,
        request: ToHost,
        wanted: type[Answer],
        seconds: float | None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> Answer:
        with self._connected() as connection:
            connection.settimeout(seconds)
            try:
                _send(connection, request)
                while True:
                    answer = _receive(connection)
                    if isinstance(answer, wanted):
                        return answer
                    if isinstance(answer, Failed):
                        raise HostFailure(answer)
                    if isinstance(answer, Progress) and on_progress is not None:
                        on_progress(answer)
                        continue
                    raise Unavailable(f"the host answered {type(answer).__name__}, which was not asked for")
            except TimeoutError:
                raise Unavailable("the host did not answer in time") from None
            except msgspec.MsgspecError as error:
                raise Unavailable(f"the host's answer can't be read: {error}") from error
            except OSError as error:
                raise Unavailable(f"the connection to the host broke: {error}") from error

    def _connected(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(_CONNECT_SECONDS)
            connection.connect(str(self._path))
        except OSError as error:
            connection.close()
            raise Unavailable(f"the host does not answer: {error.strerror or error}") from None
        return connection


def _send(connection: socket.socket, request: ToHost) -> None:
    payload = _encoder.encode(request)
    connection.sendall(_LENGTH.pack(len(payload)) + payload)


def _receive(connection: socket.socket) -> FromHost:
    (length,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
    return _decoder.decode(_exactly(connection, length))


def _exactly(connection: socket.socket, size: int) -> bytearray:
    data = bytearray()
    while len(data) < size:
        chunk = connection.recv(min(size - len(data), 1 << 20))
        if not chunk:
            raise ConnectionError("the host hung up")
        data += chunk
    return data
