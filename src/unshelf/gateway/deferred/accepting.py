"""Accepting a prediction to be answered later: what can be refused is refused at once, the rest is put on the disk."""

import asyncio
import logging
import time

import msgspec

from unshelf.contracts.deferred import DeferredRequest
from unshelf.gateway.deferred.preference import respond_async
from unshelf.gateway.deferred.runner import Runner
from unshelf.gateway.deferred.showing import accepted, address
from unshelf.gateway.deferred.stored import RefusedRequest
from unshelf.gateway.incoming import Incoming
from unshelf.gateway.media import ARROW, JSON, NATIVE, is_arrow, wants_events
from unshelf.gateway.predicting import Predicting, deadline_of
from unshelf.gateway.prediction import REFERENCE_CHARACTERS, Prediction, Trace, new_prediction_id
from unshelf.gateway.problems import NO_SNIFF, Refused
from unshelf.gateway.rsgi import Headers, HTTPProtocol
from unshelf.gateway.table import Caller, Destination
from unshelf.gateway.tracing import traceparent_of

RETRY_SECONDS = 1
_FIRST_PAUSE = 0.01
_LONGEST_PAUSE = 0.2

logger = logging.getLogger(__name__)


class Accepting:
    """The predict routes for callers who prefer to be answered later."""

    def __init__(self, predicting: Predicting, counted_before: Predicting, runner: Runner) -> None:
        """`counted_before` predicts and records without holding anybody to limits again."""
        self._predicting = predicting
        self._counted_before = counted_before
        self._runner = runner

    async def accept(
        self, headers: Headers, proto: HTTPProtocol, caller: Caller, reference: str, protocol: str
    ) -> bool:
        """Answer 202, or within the wait that the caller likes; False: the preference is not applied, answer as usual.

        It is not where the caller wants events, where the version's owner wants values nowhere on disk, and where the
        reference leads nowhere, which the ordinary way tells at once."""
        wish = respond_async(headers.get("prefer", ""))
        if wish is None or wants_events(headers.get("accept")):
            return False
        try:
            destination = self._predicting.find(caller, reference)
        except Refused:
            return False
        if any(target.redaction is not None for target in destination.targets):
            return False
        if protocol == NATIVE and is_arrow(headers.get("content-type") or ""):
            protocol = ARROW
        prediction = Prediction(caller.key.id, reference, protocol)
        prediction.trace = self._predicting.tracing.begin(headers.get("traceparent"))
        incoming = self._predicting.open_request(headers, proto, protocol)
        refusal: Refused | None = None
        try:
            request = await self._take_in(prediction, caller, destination, incoming)
        except Refused as refused:
            refusal = refused
        finally:
            incoming.release()
            for limiter in prediction.limiters:
                limiter.leave()
            prediction.limiters = ()
        if refusal is not None:
            await self._counted_before.run(prediction, without_limits(caller), RefusedRequest(refusal))
            self._predicting.answer(proto, prediction)
            return True
        del prediction, incoming  # nothing holds the body while it waits
        if not (wish.wait and await self._answered_within(wish.wait, request.id, proto)):
            _answer_accepted(request, proto)
        return True

    async def _take_in(
        self, prediction: Prediction, caller: Caller, destination: Destination, incoming: Incoming
    ) -> DeferredRequest:
        """Have the whole request on the disk. Raises Refused."""
        await self._predicting.take_body(prediction, caller, incoming)
        target = self._predicting.target(destination, prediction)
        wanted = incoming.describe(prediction)
        request = DeferredRequest(
            id=f"d{new_prediction_id()}",
            model=target.model,
            version=target.version,
            reference=prediction.reference[:REFERENCE_CHARACTERS],
            protocol=prediction.protocol,
            key=caller.key.id,
            created_ns=time.time_ns(),
            content_type=prediction.content_type,
            kind=prediction.kind,
            header=prediction.header,
            timeout=None if wanted is None else deadline_of(wanted, target.route.timeout),
            traceparent=_callers_own(prediction.trace),
        )
        body = prediction.pieces or (prediction.body,)
        size = sum(map(len, body))
        with self._runner.room_for(size):
            try:
                ticket = await asyncio.to_thread(self._runner.store.put, request, body)
            except OSError as error:
                logger.error("a request can't be kept", extra={"error": str(error)})
                raise _unkept() from None
            self._runner.add(ticket)
        return request

    async def _answered_within(self, seconds: float, id: str, proto: HTTPProtocol) -> bool:
        """Give the ordinary answer if there is one in time; then it is kept no longer."""
        store, loop = self._runner.store, asyncio.get_running_loop()
        deadline, pause = loop.time() + seconds, _FIRST_PAUSE
        while (left := deadline - loop.time()) > 0:
            await asyncio.sleep(min(pause, left))
            pause = min(pause * 1.5, _LONGEST_PAUSE)
            if store.has_answer(id) and (found := await asyncio.to_thread(store.answer, id)) is not None:
                answer, body = found
                proto.response_bytes(answer.status, answer.headers, body)
                store.remove_answer(id)
                return True
        return False


def without_limits(caller: Caller) -> Caller:
    """The caller of a request that was held to its limits before."""
    return Caller(msgspec.structs.replace(caller.key, limits=None))


def _callers_own(trace: Trace | None) -> str:
    """The `traceparent` that the caller sent; empty when there was none."""
    if trace is None or not trace.parent_id:
        return ""
    return traceparent_of(msgspec.structs.replace(trace, span_id=trace.parent_id))


def _answer_accepted(request: DeferredRequest, proto: HTTPProtocol) -> None:
    headers = [
        ("content-type", JSON),
        ("location", address(request.model, request.id)),
        ("preference-applied", "respond-async"),
        ("retry-after", str(RETRY_SECONDS)),
        NO_SNIFF,
    ]
    proto.response_bytes(202, headers, accepted(request))


def _unkept() -> Refused:
    return Refused(
        "unavailable", "the server cannot keep requests for later at the moment",
        hint="the operator finds the reason in the gateway's log; mostly the disk is full", retry_after=5,
    )  # fmt: skip
