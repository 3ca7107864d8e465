"""The predict routes: from a request to a recorded outcome to its answer."""

import logging
import math
import time
from copy import copy

from unshelf.contracts.routing import Limits
from unshelf.gateway.authentication import authorize
from unshelf.gateway.bodies import Bodies
from unshelf.gateway.incoming import Incoming, OpenRequest
from unshelf.gateway.limits import Limiters
from unshelf.gateway.media import ARROW, NATIVE, answer_headers, is_arrow
from unshelf.gateway.metrics.counters import Counters
from unshelf.gateway.plans import Plan
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.problems import NO_SNIFF, Refused, encode_for_caller, problem_headers
from unshelf.gateway.recorder import Recorder
from unshelf.gateway.rsgi import Headers, HTTPProtocol
from unshelf.gateway.table import Caller, Destination, TableWatcher, Target
from unshelf.gateway.tracing import Tracing, traceparent_of
from unshelf.gateway.workers import Workers

logger = logging.getLogger(__name__)
_SERVER_TIMING = b"route;dur=%.3f, queue;dur=%.3f, predict;dur=%.3f, record;dur=%.3f, total;dur=%.3f"
"""Bytes are formatted in two thirds of the time that text is, and an f-string takes longer still."""
_USUAL_LINES = (
    b"content-type: application/json\r\nx-prediction-id: %b\r\nserver-timing: %b\r\nx-content-type-options: nosniff\r\n"
)
"""The headers of nearly all answers."""


class Predicting:
    """Takes authenticated predict requests of every protocol."""

    def __init__(
        self,
        *,
        watcher: TableWatcher,
        workers: Workers,
        recorder: Recorder,
        bodies: Bodies,
        open_request: OpenRequest,
        counters: Counters,
        limiters: Limiters,
        tracing: Tracing,
    ) -> None:
        self.tracing = tracing
        self._watcher = watcher
        self._workers = workers
        self._recorder = recorder
        self._bodies = bodies
        self.open_request = open_request
        self._counters = counters
        self._limiters = limiters

    def with_limiters(self, limiters: Limiters) -> "Predicting":
        """The same, holding callers to other limits."""
        twin = copy(self)
        twin._limiters = limiters
        return twin

    def predict_now(self, exchange: HTTPProtocol, plan: Plan) -> bool:
        """Predict, record, answer, without a task: for a request that is all there. False: it has to take the other way."""
        caller = plan.caller
        size = exchange.buffered
        if caller.expires_at is not None or not self._bodies.has_room(size):
            return False
        self._bodies.held += size
        prediction = Prediction(caller.key.id, plan.reference, plan.protocol, plan.content_type, plan.kind, plan)
        if plan.traceparent is not None or self.tracing.samples:
            prediction.trace = self.tracing.begin(plan.traceparent)

        def settled(prediction: Prediction) -> None:
            self._bodies.held -= size
            self._conclude(prediction)
            self.answer(exchange, prediction)

        prediction.on_settled = settled
        try:
            if caller.key.limits is not None:
                self._enter_key(caller.key.limits, caller, prediction)
            prediction.body = exchange.take()
            self._submit(prediction, self.target(plan.destination, prediction), plan.wish)
        except Exception as error:
            self._refuse(prediction, error)
        return True

    async def predict(
        self, headers: Headers, proto: HTTPProtocol, caller: Caller, reference: str, protocol: str
    ) -> None:
        """Predict, record, answer: in this order, for every outcome."""
        if protocol == NATIVE and is_arrow(headers.get("content-type") or ""):
            protocol = ARROW
        prediction = Prediction(caller.key.id, reference, protocol)
        prediction.trace = self.tracing.begin(headers.get("traceparent"))
        await self.run(prediction, caller, self.open_request(headers, proto, protocol))
        self.answer(proto, prediction)

    async def run(self, prediction: Prediction, caller: Caller, incoming: Incoming) -> None:
        """Take a request in, predict and record it, for every outcome and every transport; then it may be answered."""
        try:
            await self.take_body(prediction, caller, incoming)
            target = self.target(self._found(caller, prediction), prediction)
            self._submit(prediction, target, incoming.describe(prediction))
        except Exception as error:
            self._refuse(prediction, error)
        try:
            await prediction.outcome
        finally:
            incoming.release()
        self._conclude(prediction)

    async def take_body(self, prediction: Prediction, caller: Caller, incoming: Incoming) -> None:
        """Hold the key to its limits, and take the whole request in. Raises Refused."""
        if caller.key.limits is not None:
            try:
                self._enter_key(caller.key.limits, caller, prediction)
            except Refused:
                await incoming.discard()
                raise
        await incoming.receive(prediction)
        prediction.begin()

    def _submit(self, prediction: Prediction, target: Target, wish: str | None) -> None:
        """Give it to its version, with the caller's wish for its deadline. Raises Refused."""
        seconds = target.route.timeout if wish is None else deadline_of(wish, target.route.timeout)
        prediction.submitted_ns = time.perf_counter_ns()
        self._workers.of(target).submit(prediction, seconds)
        self._counters.begun(prediction)

    def _refuse(self, prediction: Prediction, error: Exception) -> None:
        """It ends before a version had it."""
        if isinstance(error, Refused):
            prediction.refuse(error)
        else:
            logger.error("a prediction failed inside the gateway", exc_info=error, extra={"prediction": prediction.id})
            prediction.refuse(Refused("internal_error", "the server failed; its log knows why"))
        self._recorder.add(prediction)

    def _conclude(self, prediction: Prediction) -> None:
        """It is settled: let go of what it held."""
        for limiter in prediction.limiters:
            limiter.leave()
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

    def _enter_key(self, limits: Limits, caller: Caller, prediction: Prediction) -> None:
        """Hold the key to its limits, before its body costs memory or disk. Raises Refused (too_many_requests)."""
        prediction.limiters += (self._limiters.enter_key(caller.key.id, caller.key.name, limits),)

    def _found(self, caller: Caller, prediction: Prediction) -> Destination:
        try:
            return self.find(caller, prediction.reference)
        except Refused:
            prediction.redaction = self._watcher.table.redaction_before_choice(prediction.reference)
            raise

    def target(self, destination: Destination, prediction: Prediction) -> Target:
        """The version that gets it, noted in the prediction. Raises Refused: paused, or too many for the model."""
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
            prediction.limiters += (self._limiters.enter_model(destination.name, destination.model.limits),)
        return target

    def answer(self, proto: HTTPProtocol, prediction: Prediction) -> None:
        """Give the caller the outcome of a recorded prediction."""
        if prediction.status == 200 and prediction.trace is None and not prediction.output_header:
            lines = _USUAL_LINES % (prediction.id.encode(), _server_timing(prediction))
            proto.response_ok(lines, _body(prediction))
            return
        own: tuple[tuple[str, str], ...] = (("x-prediction-id", prediction.id),)
        if prediction.trace is not None:
            own += (("traceparent", traceparent_of(prediction.trace)),)
        if prediction.problem is not None and prediction.refused is not None:
            body = encode_for_caller(prediction.problem, prediction.protocol)
            headers = problem_headers((*own, *prediction.refused.headers))
            proto.response_bytes(prediction.status, headers, body)
            return
        headers = answer_headers(prediction.protocol, prediction.output_header)
        headers += (*own, ("server-timing", _server_timing(prediction).decode()), NO_SNIFF)
        proto.response_bytes(200, headers, _body(prediction))


def _body(prediction: Prediction) -> bytes:
    """The body of its answer with status 200."""
    if prediction.protocol == NATIVE or (prediction.protocol == ARROW and not prediction.output_header):
        # Names, numbers and ids need no escaping, and the worker's array goes in as it is.
        facts = (prediction.id.encode(), prediction.model.encode(), prediction.version, prediction.output)
        return b'{"id":"%b","model":"%b","version":%d,"outputs":%b}' % facts
    return prediction.output


def _server_timing(prediction: Prediction) -> bytes:
    """Where the time went, in milliseconds: a header that browsers' tools draw."""
    now = time.perf_counter_ns()
    route = (prediction.submitted_ns - prediction.started_ns) / 1e6
    record, total = (now - prediction.ended_ns) / 1e6, (now - prediction.started_ns) / 1e6
    queue, predict = prediction.queue_us / 1e3, prediction.predict_us / 1e3
    return _SERVER_TIMING % (route, queue, predict, record, total)


def deadline_of(wanted: str, longest: float) -> float:
    """The deadline: the version's timeout, or the caller's wish when that is shorter."""
    try:
        seconds = float(wanted)
    except ValueError:
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds > 0):
        raise Refused("malformed_request", f"X-Request-Timeout is a number of seconds above 0, got {wanted[:40]!a}")
    return min(seconds, longest)
