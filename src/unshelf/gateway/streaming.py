"""Predictions as server-sent events: each chunk as the model yields it, and the end once it is recorded."""

import asyncio

import msgspec

from unshelf.contracts import frames
from unshelf.contracts.problems import encode_problem
from unshelf.gateway.incoming import HttpRequest
from unshelf.gateway.media import EVENT_STREAM
from unshelf.gateway.predicting import Predicting
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.problems import NO_SNIFF, Refused, encode_for_caller, problem_headers
from unshelf.gateway.rsgi import GONE, Headers, HTTPProtocol, StreamBody
from unshelf.gateway.streamed import Room, Streamed
from unshelf.gateway.table import Caller
from unshelf.gateway.tracing import traceparent_of
from unshelf.gateway.workers import Workers

_NOT_STORED = ("cache-control", "no-store")
_AT_ONCE = 64 << 10
"""Chunks that came together are sent together, up to so many bytes; then others have their turn."""


class Streaming:
    """Takes predict requests whose callers want their answer as it comes."""

    def __init__(self, predicting: Predicting, workers: Workers) -> None:
        self._predicting = predicting
        self._workers = workers
        self._room = Room()
        self._under_way: set[Streamed] = set()
        self._loop = asyncio.get_running_loop()

    async def predict(
        self, headers: Headers, proto: HTTPProtocol, caller: Caller, reference: str, protocol: str
    ) -> None:
        """Predict, send on what comes, record, end. What fails before the first chunk is answered as for any prediction."""
        prediction = Streamed(caller.key.id, reference, protocol, room=self._room)
        prediction.trace = self._predicting.tracing.begin(headers.get("traceparent"))
        incoming = _Asked(self._predicting.open_request(headers, proto, protocol), self._loop)
        running = self._loop.create_task(self._predicting.run(prediction, caller, incoming))
        running.add_done_callback(lambda _: prediction.heard.set())
        events = _Events(proto, prediction)
        self._under_way.add(prediction)
        try:
            await self._send_on(prediction, running, events)
        except GONE:
            self._workers.withdraw(prediction, _gone())
            await running
        finally:
            self._under_way.discard(prediction)
            events.close()
            prediction.leave()

    def stop(self, seconds: float) -> None:
        """The gateway is ending: streams that are under way after so many seconds end with a problem."""
        self._loop.call_later(seconds, self._end_all)

    async def _send_on(self, prediction: Streamed, running: asyncio.Task[None], events: "_Events") -> None:
        while not running.done():
            await prediction.heard.wait()
            prediction.heard.clear()
            if prediction.received:
                events.watch(self._workers)
            await events.send_chunks()
        running.result()
        await events.finish()

    def _end_all(self) -> None:
        for prediction in list(self._under_way):
            self._workers.withdraw(
                prediction, Refused("unavailable", "the server is being stopped", hint="send it again", retry_after=1)
            )


class _Events:
    """The answer to one caller, in the format of the WHATWG's HTML standard: `event:`, `data:`, an empty line."""

    def __init__(self, proto: HTTPProtocol, prediction: Streamed) -> None:
        self._proto = proto
        self._prediction = prediction
        self._body: StreamBody | None = None
        self._sent = 0
        self._gone = False
        self._leaving: asyncio.Task[None] | None = None

    def watch(self, workers: Workers) -> None:
        """End the prediction when its caller leaves, from now on."""
        if self._leaving is None:
            self._leaving = asyncio.ensure_future(self._see_leave(workers))

    async def send_chunks(self) -> None:
        """Send those that came since the last time. Raises GONE."""
        chunks = self._prediction.chunks
        while self._sent < len(chunks):
            events: list[bytes] = []
            size = 0
            while self._sent < len(chunks) and size < _AT_ONCE:
                events.append(_event("output", chunks[self._sent]))
                size += len(events[-1])
                self._sent += 1
            await self._send(b"".join(events))

    async def finish(self) -> None:
        """The outcome is recorded: tell it. Raises GONE."""
        prediction = self._prediction
        if self._gone:
            return
        await self.send_chunks()
        if prediction.problem is None:
            if not self._sent and prediction.output != b"[]":
                await self._send(_event("output", prediction.output))
            facts = {"id": prediction.id, "model": prediction.model, "version": prediction.version}
            await self._send(_event("done", msgspec.json.encode(facts)))
        elif self._body is not None:
            await self._send(_event("error", encode_problem(prediction.problem)))
        elif prediction.refused is not None:
            headers = problem_headers((*_own_headers(prediction), *prediction.refused.headers))
            body = encode_for_caller(prediction.problem, prediction.protocol)
            self._proto.response_bytes(prediction.status, headers, body)

    def close(self) -> None:
        """All is said: whether the caller leaves is nobody's business any more."""
        if self._leaving is not None:
            self._leaving.cancel()

    async def _send(self, events: bytes) -> None:
        if self._body is None:
            headers = [("content-type", EVENT_STREAM), _NOT_STORED, *_own_headers(self._prediction), NO_SNIFF]
            self._body = self._proto.response_stream(200, headers)
        await self._body.send_bytes(events)

    async def _see_leave(self, workers: Workers) -> None:
        await self._proto.client_disconnect()
        prediction = self._prediction
        if not prediction.status:
            self._gone = True
            del prediction.chunks[self._sent :]
            workers.withdraw(prediction, _gone())


class _Asked:
    """A request whose answer is wanted as a stream; see gateway.incoming.Incoming."""

    def __init__(self, request: HttpRequest, loop: asyncio.AbstractEventLoop) -> None:
        self._request = request
        self._loop = loop

    async def discard(self) -> None:
        """See Incoming."""
        await self._request.discard()

    async def receive(self, prediction: Prediction) -> None:
        """See Incoming."""
        await self._request.receive(prediction)

    def describe(self, prediction: Prediction) -> str | None:
        """See Incoming. The caller's wish holds for the whole stream."""
        wish = self._request.describe(prediction)
        if prediction.kind == frames.ARROW:
            prediction.header = 0
        if wish is not None and isinstance(prediction, Streamed):
            try:
                prediction.seconds = float(wish)
            except ValueError:
                return wish  # which is refused where every wish is looked at
            prediction.deadline = self._loop.time() + prediction.seconds
        return wish

    def release(self) -> None:
        """See Incoming."""
        self._request.release()


def _event(name: str, data: bytes) -> bytes:
    # JSON has line breaks only between its values, where a space is as good; here they would end the field.
    line = data.replace(b"\n", b" ").replace(b"\r", b" ")
    return b"event: %b\ndata: %b\n\n" % (name.encode(), line)


def _own_headers(prediction: Prediction) -> tuple[tuple[str, str], ...]:
    own: tuple[tuple[str, str], ...] = (("x-prediction-id", prediction.id),)
    return own if prediction.trace is None else (*own, ("traceparent", traceparent_of(prediction.trace)))


def _gone() -> Refused:
    return Refused("client_gone", "the caller hung up before the end of the stream")
