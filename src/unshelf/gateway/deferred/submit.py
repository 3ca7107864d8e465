"""Accept predictions to be answered later: refuse at once what can be refused, keep the rest on the disk."""

import asyncio
import logging
import time

import msgspec

from unshelf.contracts.deferred import DeferredRequest
from unshelf.gateway.deferred.prefer_header import respond_async
from unshelf.gateway.deferred.runner import DeferredRunner
from unshelf.gateway.deferred.views import accepted, address, relative_to
from unshelf.gateway.errors import NO_SNIFF, ProblemError
from unshelf.gateway.http.response import Response
from unshelf.gateway.predict.content_types import JSON
from unshelf.gateway.predict.pipeline import PredictionPipeline, deadline_of
from unshelf.gateway.predict.request import PredictRequest, RequestBody
from unshelf.gateway.prediction import REFERENCE_CHARACTERS, Prediction, Trace, new_prediction_id
from unshelf.gateway.telemetry.traces import traceparent_of

RETRY_SECONDS = 1
_FIRST_PAUSE = 0.01
_LONGEST_PAUSE = 0.2

logger = logging.getLogger(__name__)


class DeferredSubmission:
    """Takes predict requests whose callers prefer to be answered later."""

    def __init__(self, pipeline: PredictionPipeline, runner: DeferredRunner) -> None:
        self._pipeline = pipeline
        self._runner = runner

    async def submit(self, asked: PredictRequest, body: RequestBody, prefer: str, *, target: str) -> Response | None:
        """Accept with 202, or answer within the wait that the caller prefers; None: answer as usual. `target`: the address that was asked.

        That is where the Prefer header does not ask for it, and where the version's owner wants values nowhere on disk."""
        preference = respond_async(prefer)
        if preference is None or asked.route is None or any(target.redaction for target in asked.route.targets):
            return None
        prediction = self._pipeline.open(asked)
        refusal: ProblemError | None = None
        try:
            accepted_request = await self._accept(asked, body, prediction)
        except ProblemError as error:
            refusal = error
        finally:
            body.release()
            prediction.leave_limiters()
        if refusal is not None:
            return (await self._pipeline.refuse(prediction, refusal)).response
        del prediction  # nothing holds the body while it waits
        answer = None
        if preference.wait:
            answer = await self._answered_within(preference.wait, accepted_request.id)
        return answer or _accepted(accepted_request, target)

    async def _accept(self, asked: PredictRequest, body: RequestBody, prediction: Prediction) -> DeferredRequest:
        """Put the whole request on the disk. Raises ProblemError."""
        await self._pipeline.read_body(asked, body, prediction)
        target = self._pipeline.choose_target(asked, prediction)
        body.parse(prediction)
        request = DeferredRequest(
            id=f"d{new_prediction_id()}",
            model=target.model,
            version=target.version,
            reference=prediction.reference[:REFERENCE_CHARACTERS],
            protocol=prediction.protocol,
            key=asked.caller.key.id,
            created_ns=time.time_ns(),
            content_type=prediction.content_type,
            kind=prediction.wire_protocol,
            header=prediction.header,
            timeout=None if asked.timeout is None else deadline_of(asked.timeout, target.route.timeout),
            traceparent=_callers_traceparent(prediction.trace),
        )
        pieces = prediction.pieces or (prediction.body,)
        size = sum(map(len, pieces))
        with self._runner.room_for(size, request.key):
            try:
                ticket = await asyncio.to_thread(self._runner.store.put, request, pieces)
            except OSError as error:
                logger.error("a request can't be kept", extra={"error": str(error)})
                raise _unkept() from None
            self._runner.add(ticket)
        return request

    async def _answered_within(self, seconds: float, id: str) -> Response | None:
        """The ordinary answer if there is one in time; then it is kept no longer."""
        store, loop = self._runner.store, asyncio.get_running_loop()
        deadline, pause = loop.time() + seconds, _FIRST_PAUSE
        while (left := deadline - loop.time()) > 0:
            await asyncio.sleep(min(pause, left))
            pause = min(pause * 1.5, _LONGEST_PAUSE)
            if store.has_answer(id) and (found := await asyncio.to_thread(store.answer, id)) is not None:
                answer, body = found
                store.remove_answer(id)
                return Response(answer.status, tuple(answer.headers), body)
        return None


def _callers_traceparent(trace: Trace | None) -> str:
    """The `traceparent` that the caller sent; empty when there was none."""
    if trace is None or not trace.parent_id:
        return ""
    return traceparent_of(msgspec.structs.replace(trace, span_id=trace.parent_id))


def _accepted(request: DeferredRequest, target: str) -> Response:
    headers = (
        ("content-type", JSON),
        ("location", relative_to(target, address(request.model, request.id))),
        ("preference-applied", "respond-async"),
        ("retry-after", str(RETRY_SECONDS)),
        NO_SNIFF,
    )
    return Response(202, headers, accepted(request))


def _unkept() -> ProblemError:
    return ProblemError(
        "unavailable", "The server can't keep requests for later at the moment.",
        hint="The operator finds the reason in the gateway's log; mostly the disk is full.", retry_after=5,
    )  # fmt: skip
