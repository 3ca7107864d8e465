"""Streams: answers that come in chunks because the model yields them. One thread takes a chunk of each in turn."""

import json
import traceback
from collections.abc import Callable, Generator, Mapping
from time import perf_counter_ns
from typing import Any

from .connections import Request, WorkerSocket
from .encoding.json_codec import dumps, unanswerable
from .encoding.plain_values import plain
from .errors import RequestRefused, Unwritable
from .frames import ARROW, BESIDE, MAX_FRAME_BYTES, NATIVE, RESPONSE
from .outputs import BatchOutputs, describe_outputs
from .protocols import WireProtocol

_LARGEST_PAYLOAD = MAX_FRAME_BYTES - RESPONSE.size
_SLICE_NS = 1_000_000
"""How long the chunks of an answer that is sent as a whole may be collected before others have their turn."""


class ChunkStream:
    """One request whose model is still yielding."""

    __slots__ = ("_generator", "chunks", "predict_ns", "queue", "request", "rows", "sends", "size")

    def __init__(self, request: Request, generator: Generator[Any, Any, Any], *, rows: int, queue: int) -> None:
        """`rows` of the request; `queue` in microseconds."""
        self.request = request
        self.rows = rows
        self.queue = queue
        self.sends = request.stream and _is_json(request)
        """Whether chunks are sent as they come; else all of them are the answer."""
        self.chunks: list[str] = []
        """The JSON texts of what was not sent yet."""
        self.size = 0
        self.predict_ns = 0
        self._generator = generator

    def take(self) -> bool:
        """Have the model yield its next chunk; False when there is none. Raises what it raises, and Refused for a chunk that
        can't be sent."""
        started = perf_counter_ns()
        try:
            text = chunk_text(next(self._generator))
        except StopIteration:
            return False
        finally:
            self.predict_ns += perf_counter_ns() - started
        self.size = len(text) + (0 if self.sends else self.size + 1)
        if self.size > _LARGEST_PAYLOAD:
            raise _too_large(self.size)
        self.chunks.append(text)
        return True

    def close(self) -> None:
        """End the generator, so that its `finally` runs. Whatever it raises there is for the log."""
        try:
            self._generator.close()
        except BaseException:
            traceback.print_exc()


class Streams:
    """All answers of a worker that are under way."""

    def __init__(
        self, protocols: Mapping[int, WireProtocol], raised: Callable[[BaseException], RequestRefused]
    ) -> None:
        """`raised` tells what a caller is answered when the model raised this."""
        self.active: list[ChunkStream] = []
        self._protocols = protocols
        self._raised = raised

    @property
    def ready(self) -> bool:
        """Whether there is one that can go on: its gateway has taken what was sent."""
        return bool(self.active) and any(stream.request.connection.clear for stream in self.active)

    def begin(self, stream: ChunkStream) -> None:
        """Take in one more; its first chunk comes with the next `advance`."""
        self.active.append(stream)

    def advance(self) -> set[WorkerSocket]:
        """Take one chunk of each that can go on; the connections that have something to send now."""
        written: set[WorkerSocket] = set()
        for stream in list(self.active):
            connection = stream.request.connection
            if connection.clear:
                written.add(connection)
                if not self._step(stream):
                    self.active.remove(stream)
                    stream.close()
        return written

    def keep(self, wanted: Callable[[Request], bool]) -> None:
        """End those that nobody waits for any more."""
        for stream in [each for each in self.active if not wanted(each.request)]:
            self.active.remove(stream)
            stream.close()

    def _step(self, stream: ChunkStream) -> bool:
        """Go on with one; whether there is more of it to come."""
        try:
            more = stream.take() if stream.sends else _collect(stream)
            if more and not stream.sends:
                return True
            self._send(stream, last=not more)
        except RequestRefused as refused:
            _refuse(stream, refused)
            return False
        except BaseException as error:  # a model that calls sys.exit() must not end its worker
            _refuse(stream, self._raised(error))
            return False
        return more

    def _send(self, stream: ChunkStream, *, last: bool) -> None:
        request, predict = stream.request, stream.predict_ns // 1000
        if not last:
            payload = stream.chunks.pop().encode()
            request.connection.chunk(request.id, payload, rows=stream.rows, queue=stream.queue, predict=predict)
            return
        payload, header = (b"", 0) if stream.sends else self._whole(stream)
        if len(payload) > _LARGEST_PAYLOAD:
            raise _too_large(len(payload))
        request.connection.answer(
            request.id, 200, payload, header=header, rows=stream.rows, queue=stream.queue, predict=predict
        )

    def _whole(self, stream: ChunkStream) -> tuple[bytes, int]:
        """The answer of which the chunks are the outputs, in the request's protocol."""
        request = stream.request
        if _is_json(request):
            return f"[{','.join(stream.chunks)}]".encode(), 0
        prediction = chunks_together([json.loads(text) for text in stream.chunks])
        return self._protocols[request.protocol].write(prediction, 0, prediction.size, request.context)


def collect_stream(generator: Generator[Any, Any, Any]) -> BatchOutputs:
    """The answer of a model that yields, in one go. Raises what the model raises, and Refused for what JSON has no place for."""
    return chunks_together([json.loads(chunk_text(chunk)) for chunk in generator])


def chunk_text(chunk: Any) -> str:
    """The JSON of one chunk. Raises Refused for what JSON has no place for."""
    try:
        return dumps(plain(chunk))
    except (Unwritable, RecursionError) as error:
        raise unanswerable(error) from error


def chunks_together(chunks: list[Any]) -> BatchOutputs:
    """The answer whose outputs are these chunks, given as plain values."""
    prediction = BatchOutputs(chunks, len(chunks))
    prediction.chunks = chunks
    return prediction


def describe_chunk(chunks: list[Any]) -> dict[str, Any] | None:
    """The signature's `outputs` part as it is seen in each chunk; None where they differ, or where there are none."""
    found = [describe_outputs(BatchOutputs([chunk], 1)) for chunk in chunks]
    return found[0] if found and all(each == found[0] for each in found) else None


def _collect(stream: ChunkStream) -> bool:
    """Take chunks for a while; whether there may be more."""
    until = perf_counter_ns() + _SLICE_NS
    while stream.take():
        if perf_counter_ns() > until:
            return True
    return False


def _is_json(request: Request) -> bool:
    """Whether its answer is the JSON of outputs and nothing around them."""
    protocol = request.protocol & ~BESIDE
    return protocol == NATIVE or (protocol == ARROW and not request.context)


def _too_large(size: int) -> RequestRefused:
    return RequestRefused(500, "model_error", f"The model's answer is too large to be sent: {size} bytes.")


def _refuse(stream: ChunkStream, refused: RequestRefused) -> None:
    payload, predict = dumps(refused.fields()).encode(), stream.predict_ns // 1000
    request = stream.request
    request.connection.answer(
        request.id, refused.status, payload, rows=stream.rows, queue=stream.queue, predict=predict
    )
