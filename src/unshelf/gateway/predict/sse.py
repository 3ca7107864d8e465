"""Predictions as server-sent events: each chunk as the model yields it, and the end once it is recorded."""

import asyncio
import math
from collections.abc import Callable

import msgspec

from unshelf.contracts.problems import encode_problem
from unshelf.gateway.errors import NO_SNIFF, ProblemError
from unshelf.gateway.http.exchange import ClientDisconnected, Exchange, ResponseStream
from unshelf.gateway.predict.content_types import EVENT_STREAM
from unshelf.gateway.predict.http_body import OpenBody
from unshelf.gateway.predict.outcome import Outcome, own_headers
from unshelf.gateway.predict.pipeline import PredictionPipeline, seconds_in
from unshelf.gateway.predict.request import PredictRequest
from unshelf.gateway.routing.index import Caller
from unshelf.gateway.workers.pools import WorkerPools
from unshelf.gateway.workers.streamed import StreamBudget, Streamed

_NOT_STORED = ("cache-control", "no-store")
_LOOK_SECONDS = 0.5
_AT_ONCE = 64 << 10
"""Chunks that came together are sent together up to this size; then other streams have their turn."""


class EventStreamRoute:
    """Takes predict requests whose callers want their answer as it comes."""

    def __init__(
        self,
        pipeline: PredictionPipeline,
        open_body: OpenBody,
        workers: WorkerPools,
        holds_good_key: Callable[[Caller], bool],
    ) -> None:
        """`holds_good_key` tells whether a caller's key is still good: a stream may outlive it otherwise."""
        self._holds_good_key = holds_good_key
        self._pipeline = pipeline
        self._open_body = open_body
        self._workers = workers
        self._budget = StreamBudget()
        self._under_way: dict[Streamed, Caller] = {}
        self._looking: asyncio.TimerHandle | None = None
        """The next look at the keys of what is under way."""
        self._loop = asyncio.get_running_loop()

    async def predict(self, request: PredictRequest, exchange: Exchange) -> None:
        """Predict, send on what comes, record, end. What fails before the first chunk is answered as for any prediction."""
        prediction = Streamed(
            *request.identity(),
            room=self._budget,
            holder=request.holder_of(self._budget),
            seconds=_seconds(request.timeout),
        )
        self._pipeline.begin_trace(request, prediction)
        body = self._open_body(exchange, request)
        running = self._loop.create_task(self._pipeline.run(request, body, prediction))
        running.add_done_callback(lambda _: prediction.changed.set())
        events = _Events(exchange, prediction)
        self._under_way[prediction] = request.caller
        if self._looking is None:
            self._looking = self._loop.call_later(_LOOK_SECONDS, self._look)
        try:
            await self._send_on(prediction, running, events)
        except ClientDisconnected:
            self._workers.withdraw(prediction, _gone())
            await running
        finally:
            del self._under_way[prediction]
            events.close()
            prediction.leave()

    def stop(self, seconds: float) -> None:
        """End the streams that are still under way after `seconds` with a problem: the gateway is ending."""
        self._loop.call_later(seconds, self._end_all)

    async def _send_on(self, prediction: Streamed, running: asyncio.Task[Outcome], events: "_Events") -> None:
        while not running.done():
            await prediction.changed.wait()
            prediction.changed.clear()
            if prediction.received:
                events.watch(self._workers)
            await events.send_chunks()
        await events.finish(running.result())

    def _look(self) -> None:
        """End the streams whose key was revoked or has expired."""
        for prediction, caller in list(self._under_way.items()):
            if not self._holds_good_key(caller):
                self._workers.withdraw(
                    prediction,
                    ProblemError("unauthenticated", "The key of this stream was revoked, or has expired."),
                )
        self._looking = self._loop.call_later(_LOOK_SECONDS, self._look) if self._under_way else None

    def _end_all(self) -> None:
        for prediction in list(self._under_way):
            self._workers.withdraw(
                prediction,
                ProblemError("unavailable", "The server is being stopped.", hint="Send it again.", retry_after=1),
            )


class _Events:
    """The answer to one caller, in the format of the WHATWG's HTML standard: `event:`, `data:`, an empty line."""

    def __init__(self, exchange: Exchange, prediction: Streamed) -> None:
        self._exchange = exchange
        self._prediction = prediction
        self._body: ResponseStream | None = None
        self._sent = 0
        self._gone = False
        self._leaving: asyncio.Task[None] | None = None

    def watch(self, workers: WorkerPools) -> None:
        """End the prediction when its caller leaves, from now on."""
        if self._leaving is None:
            self._leaving = asyncio.ensure_future(self._see_leave(workers))

    async def send_chunks(self) -> None:
        """Send the chunks that came since the last time. Raises ClientDisconnected."""
        chunks = self._prediction.chunks
        while self._sent < len(chunks):
            events: list[bytes] = []
            size = 0
            while self._sent < len(chunks) and size < _AT_ONCE:
                events.append(_event("output", chunks[self._sent]))
                size += len(events[-1])
                self._sent += 1
            await self._send(b"".join(events))

    async def finish(self, outcome: Outcome) -> None:
        """Send the recorded outcome. Raises ClientDisconnected."""
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
        else:
            self._exchange.respond(outcome.response)

    def close(self) -> None:
        """Stop watching whether the caller leaves."""
        if self._leaving is not None:
            self._leaving.cancel()

    async def _send(self, events: bytes) -> None:
        if self._body is None:
            headers = [("content-type", EVENT_STREAM), _NOT_STORED, *own_headers(self._prediction), NO_SNIFF]
            self._body = self._exchange.response_stream(200, headers)
        await self._body.send_bytes(events)

    async def _see_leave(self, workers: WorkerPools) -> None:
        await self._exchange.client_disconnect()
        prediction = self._prediction
        if not prediction.status:
            self._gone = True
            del prediction.chunks[self._sent :]
            workers.withdraw(prediction, _gone())


def _seconds(timeout: str | None) -> float:
    """The caller's deadline for the whole stream; 0: none, or one that the pipeline refuses."""
    seconds = 0.0 if timeout is None else seconds_in(timeout)
    return seconds if math.isfinite(seconds) else 0.0


def _event(name: str, data: bytes) -> bytes:
    # JSON has line breaks only between its values, where a space is as good; here they would end the field.
    line = data.replace(b"\n", b" ").replace(b"\r", b" ")
    return b"event: %b\ndata: %b\n\n" % (name.encode(), line)


def _gone() -> ProblemError:
    return ProblemError("client_gone", "The caller hung up before the end of the stream.")
