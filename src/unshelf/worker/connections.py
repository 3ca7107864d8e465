"""A gateway's connection: bytes in, requests out; answers in, bytes out, without ever waiting for the other side."""

import socket
from collections.abc import Iterator
from typing import Any

from .fd_passing import ANCILLARY_BYTES, CLOSE_ON_EXEC, Descriptors, NotHanded
from .frames import (
    ARROW,
    BESIDE,
    BODY_BY_FD,
    CANCEL,
    LENGTH_BYTES,
    MAX_FRAME_BYTES,
    MORE,
    PARAMS_LENGTH,
    PREDICT,
    REQUEST,
    RESPONSE,
    STREAM,
)
from .inputs.request_inputs import RequestInputs

_buffer = memoryview(bytearray(1 << 18))
"""The buffer that all connections are read into: one made for each call would cost more than the call."""
_LARGE_BYTES = 1 << 20
"""From this size on a frame is read into a buffer of its own, and nothing of it is copied again."""
_LEAST_LENGTH = REQUEST.size - LENGTH_BYTES
_MOST_U32 = 0xFFFFFFFF


class HungUp(Exception):
    """The gateway closed the connection, or sent what no gateway sends."""


class Request:
    """One request that waits for its answer."""

    __slots__ = ("arrived", "body", "connection", "context", "header", "id", "part", "protocol", "size", "stream")

    def __init__(
        self,
        connection: "WorkerSocket",
        *,
        id: int,
        protocol: int,
        header: int,
        body: Any,
        arrived: int,
        flags: int = 0,
    ) -> None:
        self.connection = connection
        self.id = id
        self.protocol = protocol
        self.header = header
        self.body = body
        self.size = len(body)
        self.arrived = arrived
        self.stream = flags & STREAM
        """Whether chunks of the answer are wanted as they come."""
        self.part: RequestInputs | None = None
        self.context: Any = None


class WorkerSocket:
    """One accepted socket. Raises HungUp from `receive` and `flush` when it is of no more use."""

    __slots__ = ("_descriptors", "_filled", "_large", "_needed", "_out", "_partial", "_unsent", "flags", "socket")

    def __init__(self, accepted: socket.socket) -> None:
        accepted.setblocking(False)
        self.socket = accepted
        self.flags = 0
        """The flags of all answers from now on."""
        self._descriptors = Descriptors()
        self._partial = bytearray()
        self._needed = 0
        self._large: memoryview | None = None
        self._filled = 0
        self._out: list[bytes] = []
        self._unsent: memoryview | None = None

    def receive(self, now: int) -> tuple[list[Request], list[int]]:
        """The whole requests that are there, and the ids that were cancelled. Reads once, so that no gateway starves others."""
        if self._large is not None:
            return self._receive_large(now), []
        try:
            count, ancillary, message_flags, _ = self.socket.recvmsg_into([_buffer], ANCILLARY_BYTES, CLOSE_ON_EXEC)
        except BlockingIOError:
            return [], []
        except OSError as error:
            raise HungUp from error
        if ancillary and not self._descriptors.came(ancillary, message_flags):
            raise HungUp
        if not count:
            raise HungUp
        data = bytes(_buffer[:count])
        if self._partial:
            self._partial += data
            if len(self._partial) < self._needed:
                return [], []
            data = bytes(self._partial)
            self._partial.clear()
        requests: list[Request] = []
        cancelled: list[int] = []
        for kind, protocol, flags, id, header, body in self._split(data):
            if kind == PREDICT:
                if protocol >= BESIDE:
                    requests.append(self._with_params(protocol, flags, body, id=id, header=header, arrived=now))
                    continue
                content = self._handed(protocol, body) if flags & BODY_BY_FD else body
                requests.append(
                    Request(self, id=id, protocol=protocol, header=header, body=content, arrived=now, flags=flags)
                )
            elif kind == CANCEL:
                cancelled.append(id)
            else:
                raise HungUp
        if self._descriptors.waiting and not self._partial and self._large is None:
            raise HungUp  # no frame spoke of it
        return requests, cancelled

    def close(self) -> None:
        """Hang up."""
        self._descriptors.close()
        self.socket.close()

    def answer(
        self, id: int, status: int, payload: bytes, *, header: int = 0, rows: int = 0, queue: int = 0, predict: int = 0
    ) -> None:
        """Put an answer into the out-buffer; `queue` and `predict` in microseconds."""
        length = RESPONSE.size - LENGTH_BYTES + len(payload)
        if queue > _MOST_U32 or predict > _MOST_U32:  # an hour and more
            queue, predict = min(queue, _MOST_U32), min(predict, _MOST_U32)
        self._out.append(RESPONSE.pack(length, id, status, self.flags, header, rows, queue, predict))
        self._out.append(payload)

    def chunk(self, id: int, payload: bytes, *, rows: int, queue: int, predict: int) -> None:
        """Put a chunk of an answer into the out-buffer, of which more is to come."""
        self.flags |= MORE
        self.answer(id, 200, payload, rows=rows, queue=queue, predict=predict)
        self.flags &= ~MORE

    @property
    def clear(self) -> bool:
        """Whether the gateway has taken all that was flushed."""
        return self._unsent is None

    def flush(self) -> bool:
        """Send what the socket takes; whether everything is gone."""
        if self._unsent is None:
            if not self._out:
                return True
            self._unsent = memoryview(b"".join(self._out))
            self._out.clear()
        while self._unsent is not None:
            try:
                sent = self.socket.send(self._unsent)
            except BlockingIOError:
                return False
            except OSError as error:
                raise HungUp from error
            rest = self._unsent[sent:]
            self._unsent = rest or (memoryview(b"".join(self._out)) if self._out else None)
            if not rest:
                self._out.clear()
        return True

    def _with_params(self, protocol: int, flags: int, payload: Any, *, id: int, header: int, arrived: int) -> Request:
        """A request whose parameters stand before its body: its `body` is the pair of both. Raises MemoryError."""
        start = PARAMS_LENGTH.size
        stop = start + (PARAMS_LENGTH.unpack_from(payload)[0] if len(payload) >= start else 0)
        if not start < stop <= len(payload):
            raise HungUp
        params, body = bytes(payload[start:stop]), payload[stop:]
        proper = protocol - BESIDE
        if flags & BODY_BY_FD:
            body = self._handed(proper, body)
        elif proper != ARROW:
            body = bytes(body)
        request = Request(
            self, id=id, protocol=protocol, header=header, body=(params, body), arrived=arrived, flags=flags
        )
        request.size = len(body)
        return request

    def _handed(self, protocol: int, payload: bytes) -> Any:
        """The body that was handed over with this frame. Raises MemoryError."""
        if protocol != ARROW:  # the others want bytes
            raise HungUp
        try:
            return self._descriptors.take(payload)
        except NotHanded as error:
            raise HungUp from error

    def _split(self, data: bytes) -> Iterator[tuple[int, int, int, int, int, bytes]]:
        """The frames in `data`; what is left over becomes the partial frame."""
        offset, end = 0, len(data)
        self._needed = REQUEST.size
        while end - offset >= REQUEST.size:
            length, id, kind, protocol, flags, header = REQUEST.unpack_from(data, offset)
            stop = offset + LENGTH_BYTES + length
            if not _LEAST_LENGTH <= length <= MAX_FRAME_BYTES:
                raise HungUp
            if stop > end:
                self._needed = stop - offset
                break
            yield kind, protocol, flags, id, header, data[offset + REQUEST.size : stop]
            offset = stop
        if self._needed >= _LARGE_BYTES:
            self._large = memoryview(bytearray(self._needed))
            self._filled = end - offset
            self._large[: self._filled] = data[offset:]
        elif offset < end:
            self._partial += data[offset:]

    def _receive_large(self, now: int) -> list[Request]:
        """Read more of the large frame that is under way; return its request when it is complete."""
        assert self._large is not None  # noqa: S101 - asked by the caller
        try:
            count = self.socket.recv_into(self._large[self._filled :])
        except BlockingIOError:
            return []
        except OSError as error:
            raise HungUp from error
        if not count:
            raise HungUp
        self._filled += count
        if self._filled < self._needed:
            return []
        frame, self._large = self._large, None
        _, id, kind, protocol, flags, header = REQUEST.unpack_from(frame)
        if kind != PREDICT or flags & BODY_BY_FD:
            raise HungUp
        # Arrow reads where the bytes lie; the others want bytes.
        body = frame[REQUEST.size :]
        if protocol >= BESIDE:
            return [self._with_params(protocol, flags, body, id=id, header=header, arrived=now)]
        content: Any = body if protocol == ARROW else bytes(body)
        return [Request(self, id=id, protocol=protocol, header=header, body=content, arrived=now, flags=flags)]
