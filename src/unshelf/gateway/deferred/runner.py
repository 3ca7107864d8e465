"""Runs what waits in the folder: the oldest first, so many at a time of a version, each by the ordinary path of predictions."""

import asyncio
import contextlib
import logging
import time
import zlib
from collections import Counter
from collections.abc import Iterator

import msgspec

from unshelf.contracts.deferred import DeferredAnswer
from unshelf.contracts.routing import KeyRoute
from unshelf.contracts.watching import set_within, told_of_names
from unshelf.gateway.deferred.store import Lease, Store, Ticket
from unshelf.gateway.deferred.stored import CaughtAnswer, StoredRequest
from unshelf.gateway.metrics.deferred import DeferredCounters
from unshelf.gateway.predicting import Predicting
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.problems import Refused
from unshelf.gateway.table import Caller, TableWatcher
from unshelf.gateway.workers import Workers

LOOK_SECONDS = 0.1
_IDLE_LOOK_SECONDS = 1.0
"""While the queue is empty, where the kernel tells of requests that other gateways accept."""
_SWEEP_SECONDS = 30.0
_BUSY_SECONDS = 10
_FINISH_SECONDS = 3.0
_BYTES_AT_A_TIME = 512 << 20
_TRIES = 3
"""How often a request is tried whose version can't be reached, before its caller hears of it."""
_AGAIN = frozenset({"unavailable", "overloaded"})
_CODES = {200: "succeeded", 410: "cancelled"}

logger = logging.getLogger(__name__)


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """How much may wait, run and be kept."""

    gateway: int
    gateways: int
    concurrency: int
    """At a time, for each replica that a version may have, in all gateways together."""
    queue: int
    queue_bytes: int
    keep_seconds: float
    max_bytes: int
    max_in_flight: int
    recorded_arrow_bytes: int


class Runner:
    """What this gateway runs of the queue that all gateways share."""

    def __init__(
        self,
        store: Store,
        bounds: Bounds,
        *,
        predicting: Predicting,
        watcher: TableWatcher,
        workers: Workers,
        counters: DeferredCounters,
    ) -> None:
        self.store = store
        self._bounds = bounds
        self._predicting = predicting
        self._watcher = watcher
        self._workers = workers
        self._counters = counters
        self._runs: dict[str, _Run] = {}
        self._slots: Counter[tuple[str, int]] = Counter()
        self._left_behind: set[tuple[str, int]] = set()
        """Versions whose workers may still be busy with what was taken back from them."""
        self._tickets: dict[str, Ticket] = {}
        self._wake = asyncio.Event()
        self._entering = 0
        self._entering_bytes = 0
        self._stopping = asyncio.Event()
        self._complained = False

    def present(self) -> Counter[tuple[str, int]]:
        """Requests in the folder by version, those that run included; of all gateways, as of the last look."""
        return Counter((ticket.model, ticket.version) for ticket in self._tickets.values())

    @contextlib.contextmanager
    def room_for(self, size: int) -> Iterator[None]:
        """Hold a place in the queue for a request of so many bytes while it is written. Raises Refused (overloaded)."""
        held = sum(ticket.size for ticket in self._tickets.values()) + self._entering_bytes
        if len(self._tickets) + self._entering >= self._bounds.queue or held + size > self._bounds.queue_bytes:
            raise Refused(
                "overloaded", f"{len(self._tickets)} deferred predictions of {held} bytes wait already",
                hint="send it again later; the operator can raise UNSHELF_DEFERRED_QUEUE and UNSHELF_DEFERRED_QUEUE_BYTES",
                retry_after=_BUSY_SECONDS,
            )  # fmt: skip
        self._entering += 1
        self._entering_bytes += size
        try:
            yield
        finally:
            self._entering -= 1
            self._entering_bytes -= size

    def add(self, ticket: Ticket) -> None:
        """A request was accepted here."""
        self._tickets = {**self._tickets, ticket.id: ticket}
        self._wake.set()

    def look(self) -> None:
        """Look now."""
        self._wake.set()

    async def work(self) -> None:
        """Begin what may begin, again and again, until cancelled."""
        with contextlib.suppress(OSError):  # what a disk does not take is told to whoever wants a prediction deferred
            self.store.make_folders()
        with told_of_names(self.store.requests, self._told) as told:
            await self._keep_working(_IDLE_LOOK_SECONDS if told else LOOK_SECONDS)

    async def _keep_working(self, idle_seconds: float) -> None:
        swept_at = -_SWEEP_SECONDS
        while True:
            self._wake.clear()
            try:
                if time.monotonic() - swept_at >= _SWEEP_SECONDS:
                    swept_at = time.monotonic()
                    await asyncio.to_thread(self.store.sweep, self._bounds.keep_seconds, self._bounds.max_bytes)
                await self._look()
                self._complained = False
            except OSError as error:
                if not self._complained:
                    self._complained = True
                    logger.error("deferred predictions can't be read", extra={"error": str(error)})
            await set_within(self._wake, LOOK_SECONDS if self._tickets else idle_seconds)

    def _told(self) -> None:
        """Something is in the folder; while there is, it is looked at often enough."""
        if not self._tickets:
            self._wake.set()

    async def finish(self) -> None:
        """Begin nothing more, and wait for what is nearly done."""
        self._stopping.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FINISH_SECONDS):
                while self._runs:
                    await asyncio.wait([run.task for run in self._runs.values()])

    async def abandon(self) -> None:
        """Let go of what is still under way: the next gateway takes it up."""
        self._stopping.set()
        runs = list(self._runs.values())
        for run in runs:
            run.task.cancel()
        await asyncio.gather(*(run.task for run in runs), return_exceptions=True)
        for run in runs:
            self.store.forgive(run.lease.request.id)

    # --- choosing ---

    async def _look(self) -> None:
        if self._stopping.is_set() or not self._watcher.loaded:
            return
        if self.store.changed():
            self._tickets = await asyncio.to_thread(self.store.tickets)
        await self._end_cancelled()
        full: set[tuple[str, int]] = set()
        for ticket in list(self._tickets.values()):
            key = (ticket.model, ticket.version)
            if self._stopping.is_set():
                return
            if key in full or ticket.id in self._runs:
                continue
            if self._may_begin(ticket):
                await self._begin(ticket.id)
            else:
                full.add(key)

    async def _end_cancelled(self) -> None:
        for id in self.store.cancelled():
            run = self._runs.get(id)
            if run is not None:
                if run.cancel(self._workers):
                    self._left_behind.add((run.lease.request.model, run.lease.request.version))
            elif id in self._tickets:
                await self._begin(id)  # it takes no place: it only gets its record

    async def _begin(self, id: str) -> None:
        lease = await asyncio.to_thread(self.store.take, id)
        if lease is None:
            return  # another gateway has it
        if self._stopping.is_set():
            lease.close()
            self.store.forgive(id)
            return
        run = _Run(lease, StoredRequest(lease, self._bounds.recorded_arrow_bytes))
        if self.store.is_cancelled(id):
            run.cancel(self._workers)
        key = (lease.request.model, lease.request.version)
        self._runs[id] = run
        self._slots[key] += 1
        self._counters.begun(*key)
        run.task = asyncio.create_task(self._run(run))
        run.task.add_done_callback(lambda _: self._ended(id, key))

    def _ended(self, id: str, key: tuple[str, int]) -> None:
        self._runs.pop(id).lease.close()
        self._slots[key] -= 1
        self._counters.ended(*key)
        self._tickets = {other: ticket for other, ticket in self._tickets.items() if other != id}
        self._wake.set()

    def _may_begin(self, ticket: Ticket) -> bool:
        """Whether there is a place for it now. What can only fail has one at once."""
        model = self._watcher.table.models.get(ticket.model)
        route = None if model is None else model.versions.get(ticket.version)
        if model is None or route is None:
            return True
        key = (ticket.model, ticket.version)
        if model.paused or route.paused or self._slots[key] >= self._places(key, route.max_replicas):
            return False
        held = sum(run.lease.size for run in self._runs.values())
        if self._runs and held + ticket.size > _BYTES_AT_A_TIME:
            return False
        return self._workers.in_flight(*key) < self._bounds.max_in_flight

    def _places(self, key: tuple[str, int], replicas: int) -> int:
        """This gateway's part of the places of a version: all parts add up to them."""
        whole, gateways = self._bounds.concurrency * replicas, self._bounds.gateways
        # Who has one more than others is drawn by the version's name, or one gateway would do all the work of small numbers.
        turn = (self._bounds.gateway + zlib.crc32(f"{key[0]}:{key[1]}".encode())) % gateways
        return whole // gateways + (turn < whole % gateways)

    # --- running ---

    async def _run(self, run: "_Run") -> None:
        request = run.lease.request
        try:
            prediction = await self._predict(run)
            if prediction.code == "paused":
                self.store.forgive(request.id)
                return  # it waits until the model is resumed
            caught = CaughtAnswer()
            self._predicting.answer(caught.exchange(), prediction)
            outcome = _CODES.get(caught.status, "failed")
            answer = DeferredAnswer(
                id=request.id, model=request.model, version=request.version, key=request.key, outcome=outcome,
                prediction_id=prediction.id, status=caught.status, headers=caught.headers,
                created_ns=request.created_ns, begun_ns=run.begun_ns if prediction.submitted_ns else 0, finished_ns=time.time_ns(),
            )  # fmt: skip
            await self._settle(run.lease, answer, caught.body)
            self._counters.finished(request.model, request.version, outcome)
        except Exception:
            logger.exception("a deferred prediction failed inside the gateway", extra={"deferred": request.id})
            await asyncio.sleep(1)  # it is taken again

    async def _predict(self, run: "_Run") -> Prediction:
        """Predict it, and again where the first outcome is no fault of the request or the model."""
        key = (run.lease.request.model, run.lease.request.version)
        if run.lease.attempts > 1:  # a killed gateway left its attempt to the worker
            self._left_behind.add(key)
        attempt = 0
        while True:
            attempt += 1
            prediction = await self._predict_once(run)
            if run.cancelled or self._stopping.is_set() or attempt == _TRIES:
                return prediction
            was_busy = key in self._left_behind
            self._left_behind.discard(key)
            if prediction.code in _AGAIN:
                await asyncio.sleep(attempt)
            elif not (was_busy and prediction.code == "deadline_exceeded"):
                return prediction

    async def _predict_once(self, run: "_Run") -> Prediction:
        request = run.lease.request
        reference = f"{request.model}:{request.version}"
        prediction = Prediction(request.key, reference, request.protocol)
        prediction.model, prediction.version = request.model, request.version
        prediction.trace = self._predicting.tracing.begin(request.traceparent or None)
        run.prediction = prediction
        caller = self._caller(request.key)
        if caller is None and run.stored.refused is None:
            run.stored.refused = _revoked()
        await self._predicting.run(prediction, caller or _nobody(request.key), run.stored)
        return prediction

    async def _settle(self, lease: Lease, answer: DeferredAnswer, body: bytes) -> None:
        """Keep the answer; while the disk takes nothing, try again."""
        complained = False
        while True:
            try:
                await asyncio.to_thread(self.store.settle, lease, answer, body)
            except OSError as error:
                if not complained:
                    complained = True
                    logger.error("an answer can't be kept", extra={"deferred": answer.id, "error": str(error)})
                await asyncio.sleep(1)
            else:
                return

    def _caller(self, id: str) -> Caller | None:
        """Who asked, without the limits that the request was held to already; None when the key was revoked."""
        for key in self._watcher.table.keys.values():
            if key.id == id:
                return Caller(msgspec.structs.replace(key, limits=None))
        return None


class _Run:
    """A request under way."""

    def __init__(self, lease: Lease, stored: StoredRequest) -> None:
        self.lease = lease
        self.stored = stored
        self.begun_ns = time.time_ns()
        self.cancelled = False
        self.prediction: Prediction | None = None
        self.task: asyncio.Task[None]

    def cancel(self, workers: Workers) -> bool:
        """End it; whether it was taken back from a worker. It is no error when it is too late for that."""
        if not self.cancelled:
            self.cancelled = True
            self.stored.refused = _cancelled()
        return self.prediction is not None and workers.withdraw(self.prediction, _cancelled())


def _nobody(id: str) -> Caller:
    return Caller(KeyRoute(id=id, name="", role="predict"))


def _revoked() -> Refused:
    return Refused("unauthenticated", "the key that asked for this was revoked before its turn came")


def _cancelled() -> Refused:
    return Refused("cancelled", "its caller cancelled this prediction")
