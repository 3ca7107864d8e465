"""The predict routes: from a request to a recorded outcome to its answer."""

import asyncio
import logging
import math
import time

from unshelf.contracts.routing import Limits
from unshelf.gateway.authentication import authorize
from unshelf.gateway.incoming import Incoming, OpenRequest
from unshelf.gateway.limits import Limiters
from unshelf.gateway.media import ARROW, NATIVE, answer_headers, is_arrow
from unshelf.gateway.metrics.counters import Counters
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.problems import NO_SNIFF, Refused, encode_for_caller, problem_headers
from unshelf.gateway.recorder import Recorder
from unshelf.gateway.rsgi import Headers, HTTPProtocol
from unshelf.gateway.table import Caller, Destination, TableWatcher, Target
from unshelf.gateway.tracing import Tracing, traceparent_of
from unshelf.gateway.workers import Workers

logger = logging.getLogger(__name__)
_SERVER_TIMING = "route;dur=%.3f, queue;dur=%.3f, predict;dur=%.3f, record;dur=%.3f, total;dur=%.3f"
"""An f-string takes half as long again."""


class Predicting:
    """Takes authenticated predict requests of every protocol."""

    def __init__(
        self,
        *,
        watcher: TableWatcher,
        workers: Workers,
        recorder: Recorder,
        open_request: OpenRequest,
        counters: Counters,
        limiters: Limiters,
        tracing: Tracing,
    ) -> None:
        self.tracing = tracing
        self.answered = 0
        """Predictions answered, whatever the outcome; equal to `recorder.recorded` when nothing is lost or under way."""
        self._watcher = watcher
        self._workers = workers
        self._recorder = recorder
        self._open_request = open_request
        self._counters = counters
        self._limiters = limiters
        self._loop = asyncio.get_running_loop()

    async def predict(
        self, headers: Headers, proto: HTTPProtocol, caller: Caller, reference: str, protocol: str
    ) -> None:
        """Predict, record, answer: in this order, for every outcome."""
        if protocol == NATIVE and is_arrow(headers.get("content-type") or ""):
            protocol = ARROW
        prediction = Prediction(self._loop, caller.key.id, reference, protocol)
        prediction.trace = self.tracing.begin(headers.get("traceparent"))
        await self.run(prediction, caller, self._open_request(headers, proto, protocol))
        self._answer(proto, prediction)

    async def run(self, prediction: Prediction, caller: Caller, incoming: Incoming) -> None:
        """Take a request in, predict and record it, for every outcome and every transport; then it may be answered."""
        begun = False
        try:
            if caller.key.limits is not None:
                await self._enter_key(caller.key.limits, caller, prediction, incoming)
            await incoming.receive(prediction)
            prediction.begin()
            target = self._target(caller, prediction)
            seconds = _seconds(incoming.describe(prediction), target.route.timeout)
            prediction.submitted_ns = time.perf_counter_ns()
            self._workers.of(target).submit(prediction, seconds)
            self._counters.begun(target.model, target.version)
            begun = True
        except Refused as refused:
            prediction.refuse(refused)
            self._recorder.add(prediction)
        except Exception:
            logger.exception("a prediction failed inside the gateway", extra={"prediction": prediction.id})
            prediction.refuse(Refused("internal_error", "the server failed; its log knows why"))
            self._recorder.add(prediction)
        try:
            await prediction.outcome
        finally:
            incoming.release()
            for limiter in prediction.limiters:
                limiter.leave()
            if begun:
                self._counters.ended(prediction.model, prediction.version)
        self.answered += 1
        self._counters.recorded(self._recorder.recorded, self._recorder.lost)
        self._counters.answered(prediction)
        if prediction.trace is not None:
            self.tracing.end(prediction)

    def find(self, caller: Caller, reference: str) -> Destination:
        """Where a reference leads for this caller. Raises Refused: forbidden or not_found."""
        authorize(caller, reference)
        try:
            return self._watcher.table.find(reference)
        except Refused:
            # It may have been published a moment ago.
            if not self._watcher.refresh():
                raise
            return self._watcher.table.find(reference)

    async def _enter_key(self, limits: Limits, caller: Caller, prediction: Prediction, incoming: Incoming) -> None:
        """Hold the key to its limits, before its body costs memory or disk. Raises Refused (too_many_requests)."""
        try:
            prediction.limiters.append(self._limiters.enter_key(caller.key.id, caller.key.name, limits))
        except Refused:
            await incoming.discard()
            raise

    def _target(self, caller: Caller, prediction: Prediction) -> Target:
        try:
            destination = self.find(caller, prediction.reference)
        except Refused:
            prediction.redaction = self._watcher.table.redaction_before_choice(prediction.reference)
            raise
        target = destination.pick()
        prediction.recording = target.route.recording
        prediction.redaction = target.redaction
        prediction.model = target.model
        prediction.version = target.version
        prediction.generation = self._watcher.table.generation
        if target.paused:
            raise Refused(
                "paused", f"{target.model}:{target.version} is paused",
                hint=f"its owner resumes it: `unshelf resume {target.model}`", retry_after=30,
            )  # fmt: skip
        if destination.model.limits is not None:
            prediction.limiters.append(self._limiters.enter_model(destination.name, destination.model.limits))
        return target

    def _answer(self, proto: HTTPProtocol, prediction: Prediction) -> None:
        own: tuple[tuple[str, str], ...] = (("x-prediction-id", prediction.id),)
        if prediction.trace is not None:
            own += (("traceparent", traceparent_of(prediction.trace)),)
        if prediction.problem is not None and prediction.refused is not None:
            body = encode_for_caller(prediction.problem, prediction.protocol)
            headers = problem_headers((*own, *prediction.refused.headers))
            proto.response_bytes(prediction.status, headers, body)
            return
        headers = answer_headers(prediction.protocol, prediction.output_header)
        headers += (*own, ("server-timing", _server_timing(prediction)), NO_SNIFF)
        body = prediction.output
        if prediction.protocol == NATIVE or (prediction.protocol == ARROW and not prediction.output_header):
            # Names, numbers and ids need no escaping, and the worker's array goes in as it is.
            start = f'{{"id":"{prediction.id}","model":"{prediction.model}","version":{prediction.version},"outputs":'
            body = b"%b%b}" % (start.encode(), body)
        proto.response_bytes(200, headers, body)


def _server_timing(prediction: Prediction) -> str:
    """Where the time went, in milliseconds: a header that browsers' tools draw."""
    now = time.perf_counter_ns()
    route = (prediction.submitted_ns - prediction.started_ns) / 1e6
    record, total = (now - prediction.ended_ns) / 1e6, (now - prediction.started_ns) / 1e6
    queue, predict = prediction.queue_us / 1e3, prediction.predict_us / 1e3
    return _SERVER_TIMING % (route, queue, predict, record, total)


def _seconds(wanted: str | None, longest: float) -> float:
    """The deadline: the version's timeout, or the caller's wish when that is shorter."""
    if wanted is None:
        return longest
    try:
        seconds = float(wanted)
    except ValueError:
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds > 0):
        raise Refused("malformed_request", f"X-Request-Timeout is a number of seconds above 0, got {wanted[:40]!a}")
    return min(seconds, longest)
