"""One connection to a worker: frames out, coalesced per tick of the loop, and answers in, in any order."""

import asyncio
import os
import socket
from typing import Protocol, cast

import msgspec

from unshelf.contracts.problems import CODES
from unshelf.contracts.protocols import frames
from unshelf.contracts.protocols.addresses import UnixAddress, parse_address
from unshelf.contracts.protocols.worker import PredictionFault
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.sealed_buffer import SealedBuffer
from unshelf.gateway.workers.fd_passing import hand_over
from unshelf.gateway.workers.streamed import Streamed

_REQUEST_REST = frames.REQUEST.size - frames.LENGTH_BYTES
_RESPONSE_REST = frames.RESPONSE.size - frames.LENGTH_BYTES
_STATUSES = frozenset({400, 415, 422, 500, 503})
_NOT_A_WORKERS = frozenset({"unavailable", "out_of_memory", "paused"})
"""Codes of these statuses that are for the gateway to say."""
_LONGEST_RETRY = 3600
"""The most seconds that a worker may ask callers to wait."""
_START_WITH = 32
"""Requests that an idle worker is given at once, while we still take in more: else it and we would work in turn, never together."""
_JOIN_BELOW = 256 << 10
"""Frames of a tick that are smaller in sum are copied into one buffer; larger ones are handed over one by one."""


_fault_decoder = msgspec.json.Decoder(PredictionFault)


class ConnectionOwner(Protocol):
    """The pool that a connection reports to."""

    def on_chunk(self, prediction: Streamed) -> None:
        """A chunk of its answer is in."""

    def on_answers(self, connection: "WorkerConnection", answered: list[Prediction]) -> None:
        """The worker's answers to these are in; they came together."""

    def on_lost(self, connection: "WorkerConnection", orphans: list[Prediction]) -> None:
        """The connection is gone; the orphans were sent and never answered."""


class WorkerConnection(asyncio.Protocol):
    """An open connection to the worker at `address`."""

    def __init__(self, owner: ConnectionOwner, address: str) -> None:
        self.address = address
        self.pending: dict[int, Prediction] = {}
        self.stopping = False
        """The worker said that it is going to end: nothing more may be sent here."""
        self.quiet_since = 0.0
        """Since when (the loop's clock) the worker owes an answer and says nothing."""
        self._owner = owner
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._out: list[bytes | memoryview] = []
        self._out_bytes = 0
        self._waiting = 0
        """Requests among what goes out at the end of this turn of the loop."""
        self._next_id = 0
        self._retired = False
        self._passes_descriptors = False
        """Only unix sockets do; elsewhere bodies go in their frames."""

    def send(self, prediction: Prediction) -> None:
        """Send the request; its answer, or its loss, is reported to the owner."""
        self._next_id = number = (self._next_id + 1) & 0xFFFFFFFF
        prediction.attempts += 1
        prediction.wire_id = number
        prediction.sent_to = self
        if not self.pending:
            self.quiet_since = self._loop.time()
        self.pending[number] = prediction
        if (
            prediction.shared is not None
            and self._passes_descriptors
            and self._hand_over(prediction, prediction.shared)
        ):
            return
        pieces = prediction.pieces or (prediction.body,)
        size = len(pieces[0]) if len(pieces) == 1 else sum(map(len, pieces))
        head = frames.REQUEST.pack(
            _REQUEST_REST + size, number, frames.PREDICT, prediction.wire_protocol, prediction.flags, prediction.header
        )
        self._write(size, head, *pieces)
        self._waiting += 1
        if self._waiting == _START_WITH and len(self.pending) == _START_WITH:
            self._send_now()

    def cancel(self, prediction: Prediction) -> bool:
        """Take back a request that was sent here; tells whether it was still unanswered."""
        if self.pending.get(prediction.wire_id) is not prediction:
            return False
        del self.pending[prediction.wire_id]
        self._write(
            0, frames.REQUEST.pack(_REQUEST_REST, prediction.wire_id, frames.CANCEL, prediction.wire_protocol, 0, 0)
        )
        self._close_when_drained()
        return True

    def retire(self) -> None:
        """Close as soon as everything sent here is answered."""
        self._retired = True
        self._close_when_drained()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: connected."""
        self._transport = cast(asyncio.Transport, transport)
        self._passes_descriptors = transport.get_extra_info("socket").family == socket.AF_UNIX

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes came in."""
        self.quiet_since = self._loop.time()
        buffer: bytes | bytearray = data
        if self._buffer:
            self._buffer += data
            buffer = self._buffer
        offset, end = 0, len(buffer)
        answered: list[Prediction] = []
        while end - offset >= frames.RESPONSE.size:
            length, number, status, flags, header, rows, queue_us, predict_us = frames.RESPONSE.unpack_from(
                buffer, offset
            )
            if not _RESPONSE_REST <= length <= frames.MAX_FRAME_BYTES:
                self._give_up()
                break
            stop = offset + frames.LENGTH_BYTES + length
            if end < stop:
                break
            if flags:
                self.stopping = self.stopping or bool(flags & frames.STOPPING)
                if flags & frames.SCORES and status == 200:
                    size = self._take_scores(number, buffer, offset + frames.RESPONSE.size, stop)
                    if size < 0:
                        self._give_up()
                        break
                    offset += size  # so that what follows is read as of any other answer
                if flags & frames.MORE:
                    if status != 200 or not self._hand_on(
                        number, bytes(buffer[offset + frames.RESPONSE.size : stop]), rows, queue_us, predict_us
                    ):
                        self._give_up()
                        break
                    offset = stop
                    continue
            prediction = self.pending.get(number)
            if prediction is not None:
                payload = bytes(buffer[offset + frames.RESPONSE.size : stop])
                if not _settle(prediction, status, header, payload):
                    self._give_up()
                    break
                prediction.batch_rows = rows
                prediction.queue_us = queue_us
                prediction.predict_us = predict_us
                del self.pending[number]
                answered.append(prediction)
            offset = stop
        if buffer is data:
            if offset < end:
                self._buffer += data[offset:] if offset else data
        else:
            del self._buffer[:offset]
        if offset:
            self._owner.on_answers(self, answered)
            self._close_when_drained()

    def _hand_on(self, number: int, chunk: bytes, rows: int, queue_us: int, predict_us: int) -> bool:
        """Give a chunk to the stream that it belongs to; False when that is none."""
        prediction = self.pending.get(number)
        if prediction is None:
            return True
        if not isinstance(prediction, Streamed):
            return False
        prediction.batch_rows = rows
        prediction.queue_us = queue_us
        prediction.predict_us = predict_us
        prediction.take(chunk)
        self._owner.on_chunk(prediction)
        return True

    def _take_scores(self, number: int, buffer: bytes | bytearray, begin: int, stop: int) -> int:
        """Keep the scores at the beginning of a payload for the prediction's record; returns their bytes, -1: there are none."""
        start = begin + frames.SCORES_LENGTH.size
        end = start + frames.SCORES_LENGTH.unpack_from(buffer, begin)[0] if start <= stop else stop + 1
        if end > stop:
            return -1
        prediction = self.pending.get(number)
        if prediction is not None:
            prediction.scores = bytes(buffer[start:end])
        return end - begin

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio gives it
        """asyncio: the worker is gone, or we hung up."""
        orphans = list(self.pending.values())
        self.pending.clear()
        self._transport = None
        self._owner.on_lost(self, orphans)

    def _write(self, size: int, *parts: bytes | memoryview) -> None:
        """A frame's head, and the `size` bytes that belong to it."""
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out += parts
        self._out_bytes += frames.REQUEST.size + size

    def _flush(self) -> None:
        out, size = self._out, self._out_bytes
        self._out, self._out_bytes, self._waiting = [], 0, 0
        if not out or self._transport is None or self._transport.is_closing():
            return
        if size < _JOIN_BELOW:
            self._transport.write(b"".join(out))
        else:
            self._transport.writelines(out)

    def _send_now(self) -> None:
        """The worker has nothing to do and there is enough for a batch: let it begin, while we take in the rest."""
        if self._transport is None or self._transport.is_closing() or self._transport.get_write_buffer_size():
            return
        out = b"".join(self._out)
        try:
            sent = os.write(self._transport.get_extra_info("socket").fileno(), out)
        except OSError:
            return  # the loop will try, and hear of it
        self._out, self._out_bytes, self._waiting = [out[sent:]] if sent < len(out) else [], len(out) - sent, 0

    def _hand_over(self, prediction: Prediction, body: SealedBuffer) -> bool:
        """Send it with its body's descriptor; False when the worker takes nothing just now: then the bytes wait as those of others do."""
        if body.descriptor < 0 or self._out_bytes >= _JOIN_BELOW:
            return False
        if self._out:
            self._send_now()
        if self._out or self._transport is None or self._transport.is_closing():
            return False
        if self._transport.get_write_buffer_size():
            return False
        worker = self._transport.get_extra_info("socket").fileno()
        unsent = hand_over(worker, prediction, body)
        if unsent:
            self._write(len(unsent) - frames.REQUEST.size, unsent)
        return unsent is not None

    def _give_up(self) -> None:
        """Treat the worker as dead: it sent bytes that are no answer."""
        self.stopping = True
        self._buffer = bytearray()
        if self._transport is not None:
            self._transport.abort()

    def _close_when_drained(self) -> None:
        if self._retired and not self.pending and self._transport is not None:
            self._flush()
            self._transport.close()


async def connect(owner: ConnectionOwner, address: str) -> WorkerConnection:
    """Connect to the worker at `unix:NAME` or `tcp:HOST:PORT`. Raises OSError, and ValueError for what is no address."""
    loop, place = asyncio.get_running_loop(), parse_address(address)
    if isinstance(place, UnixAddress):
        _, connection = await loop.create_unix_connection(lambda: WorkerConnection(owner, address), place.name)
        return connection
    transport, connection = await loop.create_connection(
        lambda: WorkerConnection(owner, address), place.host, place.port
    )
    transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _settle(prediction: Prediction, status: int, header: int, payload: bytes) -> bool:
    """Give the worker's answer to the prediction; False when it is none."""
    if status == 200:
        if header > len(payload):
            return False
        prediction.succeed(payload, header)
        return True
    if status not in _STATUSES:
        return False
    try:
        fault = _fault_decoder.decode(payload)
    except msgspec.MsgspecError:
        return False
    if CODES.get(fault.code) != status or fault.code in _NOT_A_WORKERS:
        return False
    refused = ProblemError(
        fault.code, fault.detail, hint=fault.hint, errors=fault.errors,
        retry_after=None if status != 503 else min(max(1, fault.retry_after or 1), _LONGEST_RETRY),
    )  # fmt: skip
    prediction.refuse(refused, fault.traceback)
    return True
