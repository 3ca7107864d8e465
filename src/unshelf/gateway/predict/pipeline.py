"""The one way of a prediction: limits, body, route, worker, record, outcome; for callers of every transport and for none."""

import logging
import math
import time
from typing import Protocol

from unshelf.contracts.routing import RequestLimits
from unshelf.gateway.access.callers import authorize
from unshelf.gateway.access.rate_limit import Limiters
from unshelf.gateway.access.shares import Holder
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.http.response import Response
from unshelf.gateway.predict.body_reader import BodyBudget
from unshelf.gateway.predict.outcome import Outcome, answer_body, outcome_of, response_of, usual_lines
from unshelf.gateway.predict.request import PredictRequest, RequestBody
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.records.recorder import Recorder
from unshelf.gateway.routing.index import Caller, Route, RoutingWatcher, VersionTarget
from unshelf.gateway.telemetry.counters import Counters
from unshelf.gateway.telemetry.traces import Tracing
from unshelf.gateway.workers.pools import WorkerPools

_TIMEOUT_CHARACTERS = 40

logger = logging.getLogger(__name__)


class BufferedCall(Protocol):
    """A call whose whole body is there, and the way back to its caller."""

    @property
    def buffered(self) -> int:
        """The size of the body."""

    def take(self) -> bytes:
        """The body."""

    def response_ok(self, lines: bytes, body: bytes) -> None:
        """Answer with status 200 and these header lines."""

    def respond(self, response: Response) -> None:
        """Answer."""


class PredictionPipeline:
    """Predicts and records; every request comes to one recorded outcome."""

    def __init__(
        self,
        *,
        watcher: RoutingWatcher,
        workers: WorkerPools,
        recorder: Recorder,
        budget: BodyBudget,
        counters: Counters,
        limiters: Limiters,
        tracing: Tracing,
    ) -> None:
        self._watcher = watcher
        self._workers = workers
        self._recorder = recorder
        self._budget = budget
        self._counters = counters
        self._limiters = limiters
        self._tracing = tracing
        self.stopping: ProblemError | None = None
        """The refusal of all further predictions, once the gateway is ending. Deferred ones wait for the next gateway."""

    def try_inline(self, request: PredictRequest, call: BufferedCall) -> bool:
        """Predict a live request, record and answer it without a task; False: there is no room for its body now, `run` decides."""
        # Each call of a function costs what it takes to answer a hundred bytes: what `open` and `run` call is written out here.
        size, budget, key = call.buffered, self._budget, request.caller.key
        holder = request.holder or request.holder_of(budget)
        if not budget.try_hold(size, holder):
            return False
        prediction = Prediction(
            key.id, request.reference, request.protocol, request.content_type, request.wire_protocol, request
        )
        if request.traceparent is not None or self._tracing.samples:
            self.begin_trace(request, prediction)

        def on_settled(prediction: Prediction) -> None:
            budget.release(size, holder)
            self._release(prediction)
            if prediction.status == 200 and prediction.trace is None and not prediction.output_header:
                call.response_ok(usual_lines(prediction), answer_body(prediction))
            else:
                call.respond(response_of(prediction))

        prediction.on_settled = on_settled
        try:
            if key.limits is not None:
                self._enter_key(key.limits, request.caller, prediction)
            prediction.body = call.take()
            self._submit(prediction, self.choose_target(request, prediction), request.timeout)
        except Exception as error:
            self._fail(prediction, error)
        return True

    async def run(self, request: PredictRequest, body: RequestBody, prediction: Prediction | None = None) -> Outcome:
        """Predict and record, whatever comes of it. `prediction`: as `open` gave it, where the caller may withdraw it."""
        if prediction is None:
            prediction = self.open(request)
        try:
            await self.read_body(request, body, prediction)
            target = self.choose_target(request, prediction)
            body.parse(prediction)
            self._submit(prediction, target, request.timeout)
        except Exception as error:
            self._fail(prediction, error)
        try:
            await prediction.outcome
        finally:
            body.release()
        self._release(prediction)
        return outcome_of(prediction)

    async def refuse(self, prediction: Prediction, refusal: ProblemError) -> Outcome:
        """Record a prediction that ends before it was given to a version."""
        self._fail(prediction, refusal)
        await prediction.outcome
        self._release(prediction)
        return outcome_of(prediction)

    def open(self, request: PredictRequest) -> Prediction:
        """The prediction that a request begins."""
        prediction = Prediction(*request.identity())
        self.begin_trace(request, prediction)
        return prediction

    def begin_trace(self, request: PredictRequest, prediction: Prediction) -> None:
        """Give a new prediction its trace, if it has one."""
        if request.traceparent is not None or self._tracing.samples:
            prediction.trace = self._tracing.begin(request.traceparent)

    async def read_body(self, request: PredictRequest, body: RequestBody, prediction: Prediction) -> None:
        """Hold the key to its limits, and read the whole body. Raises ProblemError."""
        caller = request.caller
        if not request.admitted and caller.key.limits is not None:
            try:
                self._enter_key(caller.key.limits, caller, prediction)
            except ProblemError:
                await body.drain()
                raise
        if request.refusal is not None and request.refusal.code == "forbidden":
            await body.drain()  # its record lies in the log of a model that is not this caller's to write to
            prediction.begin()
            raise request.refusal
        await body.read(prediction)
        prediction.begin()

    def choose_target(self, request: PredictRequest, prediction: Prediction) -> VersionTarget:
        """The version that gets the prediction, noted in it. Raises ProblemError: refused, paused, or beyond the model's limits."""
        table = self._watcher.table
        route = request.route if request.table is table else None
        if route is None:
            route = self._route(request, prediction)
            table = self._watcher.table
        target = route.pick()
        prediction.recording = target.route.recording
        prediction.redaction = target.redaction
        prediction.marks = target.marks
        prediction.model = target.model
        prediction.version = target.version
        prediction.generation = table.generation
        if self.stopping is not None and not request.admitted:
            raise self.stopping
        if target.paused:
            if target.route.elsewhere:
                raise ProblemError(
                    "runs_elsewhere", f"{target.model}:{target.version} runs on other infrastructure; here are its records alone.",
                    hint="Ask it where it runs, and send what it answered: docs/guides/models-elsewhere.md.",
                )  # fmt: skip
            raise ProblemError(
                "paused", f"{target.model}:{target.version} is paused.",
                hint=f"Its owner resumes it: `unshelf resume {target.model}`.", retry_after=30,
            )  # fmt: skip
        if route.model.limits is not None and not request.admitted:
            prediction.limiters += (self._limiters.enter_model(route.name, route.model.limits),)
        if request.refusal is not None:
            raise request.refusal
        return target

    def holder(self, caller: Caller, route: Route | None) -> Holder:
        """Whom the bodies of such requests count for."""
        return self._budget.holder(caller.key.id, caller.key.name, "" if route is None else route.model.project)

    def find(self, caller: Caller, reference: str) -> Route:
        """Where a reference leads for this caller. Raises ProblemError: forbidden or not_found."""
        table = self._watcher.table
        authorize(caller, reference, table)
        return table.find(reference)

    def _route(self, request: PredictRequest, prediction: Prediction) -> Route:
        """The route of a request that has none, or one of an earlier routing table. Raises ProblemError."""
        try:
            if request.refusal is not None and request.route is None:
                raise request.refusal
            return self.find(request.caller, request.pinned or prediction.reference)
        except ProblemError:
            prediction.redaction = self._watcher.table.redaction_before_choice(prediction.reference)
            raise

    def _submit(self, prediction: Prediction, target: VersionTarget, timeout: str | None) -> None:
        """Give the prediction to its version. Raises ProblemError."""
        seconds = target.route.timeout if timeout is None else deadline_of(timeout, target.route.timeout)
        prediction.submitted_ns = time.perf_counter_ns()
        self._workers.of(target).submit(prediction, seconds)
        self._counters.begun(prediction)

    def _fail(self, prediction: Prediction, error: Exception) -> None:
        """Record a prediction that never reached a worker pool."""
        if isinstance(error, ProblemError):
            prediction.refuse(error)
        else:
            logger.error("a prediction failed inside the gateway", exc_info=error, extra={"prediction": prediction.id})
            prediction.refuse(ProblemError("internal_error", "The server failed; its log has the reason."))
        self._recorder.add(prediction)

    def _release(self, prediction: Prediction) -> None:
        """Give back what a settled prediction held."""
        if prediction.limiters:
            prediction.leave_limiters()
        if prediction.trace is not None:
            self._tracing.end(prediction)

    def _enter_key(self, limits: RequestLimits, caller: Caller, prediction: Prediction) -> None:
        """Hold the key to its limits, before its body costs memory or disk. Raises ProblemError (too_many_requests)."""
        prediction.limiters += (self._limiters.enter_key(caller.key.id, caller.key.name, limits),)


def deadline_of(requested: str, longest: float) -> float:
    """The deadline in seconds: the version's timeout, or the caller's when that is shorter. Raises ProblemError."""
    seconds = seconds_in(requested)
    if not (math.isfinite(seconds) and seconds > 0):
        raise ProblemError(
            "malformed_request", f"X-Request-Timeout is a number of seconds above 0, got {requested[:40]!a}."
        )
    return min(seconds, longest)


def seconds_in(text: str) -> float:
    """The number in an X-Request-Timeout header; NaN for what is none."""
    try:
        return float(text) if len(text) <= _TIMEOUT_CHARACTERS else math.nan
    except ValueError:
        return math.nan
