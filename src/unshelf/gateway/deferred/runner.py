"""Runs queued predictions: the oldest of each key in turn, at most N at a time per version, through the normal pipeline."""

import asyncio
import contextlib
import logging
import time
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator

from unshelf.contracts.configs import GatewayConfig
from unshelf.contracts.deferred import DeferredAnswer
from unshelf.contracts.routing import KeyRoute
from unshelf.gateway.deferred.queue import DeferredQueue, Lease, QueueEntry
from unshelf.gateway.deferred.replay import StoredBody, stored_request
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.predict.outcome import Outcome
from unshelf.gateway.predict.pipeline import PredictionPipeline
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.routing.index import Caller, RoutingWatcher, Table
from unshelf.gateway.telemetry.deferred import DeferredCounters
from unshelf.gateway.workers.pools import WorkerPools
from unshelf.runtime.file_watch import wait_for, watch_renames

LOOK_SECONDS = 0.1
_IDLE_LOOK_SECONDS = 1.0
"""The interval while the queue is empty, where the kernel reports requests that other gateways accept."""
_SWEEP_SECONDS = 30.0
_BUSY_SECONDS = 10
_FINISH_SECONDS = 3.0
_BYTES_AT_A_TIME = 512 << 20
_TRIES = 3
"""How often a request is tried whose version can't be reached, before its caller hears of it."""
_AGAIN = frozenset({"unavailable", "overloaded"})
_CODES = {200: "succeeded", 410: "cancelled"}

logger = logging.getLogger(__name__)


class DeferredRunner:
    """Runs this gateway's part of the queue that all gateways share."""

    @property
    def table(self) -> Table:
        """The routing table in force."""
        return self._watcher.table

    def __init__(
        self,
        store: DeferredQueue,
        config: GatewayConfig,
        *,
        pipeline: PredictionPipeline,
        watcher: RoutingWatcher,
        workers: WorkerPools,
        counters: DeferredCounters,
    ) -> None:
        self.store = store
        self._config = config
        self._options = config.deferred
        self._place = config.index if config.place is None else config.place
        self._pipeline = pipeline
        self._watcher = watcher
        self._workers = workers
        self._counters = counters
        self._runs: dict[str, _Run] = {}
        self._slots: Counter[tuple[str, int]] = Counter()
        self._maybe_busy: set[tuple[str, int]] = set()
        """Versions whose workers may still be busy with predictions that were taken back from them."""
        self._tickets: dict[str, QueueEntry] = {}
        self._wake = asyncio.Event()
        self._entering: list[QueueEntry] = []
        """Requests that are being written."""
        self._stopping = asyncio.Event()
        self._complained = False

    def present(self) -> Counter[tuple[str, int]]:
        """Requests in the folder by version, those that run included; of all gateways, as of the last look."""
        return Counter((ticket.model, ticket.version) for ticket in self._tickets.values())

    @contextlib.contextmanager
    def room_for(self, size: int, key: str) -> Iterator[None]:
        """Reserve a place in the queue for a request of this key, of `size` bytes, while it is written. Raises ProblemError: overloaded,
        or too_many_requests for a key that has as much there as is left free for others."""
        entry = QueueEntry("", "", 0, size, key)
        waiting = [*self._tickets.values(), *self._entering]
        held = sum(ticket.size for ticket in waiting)
        places, room = self._options.queue - len(waiting), self._options.queue_bytes - held
        if places < 1 or size > room:
            raise ProblemError(
                "overloaded", f"{len(waiting)} deferred predictions of {held} bytes wait already.",
                hint="Send it again later; the operator can raise UNSHELF_DEFERRED_QUEUE and UNSHELF_DEFERRED_QUEUE_BYTES.",
                retry_after=_BUSY_SECONDS,
            )  # fmt: skip
        own = [ticket.size for ticket in waiting if ticket.key == key]
        if own and (len(own) >= places or sum(own) + size > room):
            raise ProblemError(
                "too_many_requests",
                f"{len(own)} deferred predictions of {sum(own)} bytes of this key wait: as many as are left for others.",
                hint="Send it again later.", retry_after=_BUSY_SECONDS,
            )  # fmt: skip
        self._entering.append(entry)
        try:
            yield
        finally:
            self._entering.remove(entry)

    def add(self, ticket: QueueEntry) -> None:
        """Add a request that was accepted here."""
        self._tickets = {**self._tickets, ticket.id: ticket}
        self._wake.set()

    def look(self) -> None:
        """Look at the queue now."""
        self._wake.set()

    async def work(self) -> None:
        """Begin what may begin, again and again, until cancelled."""
        with contextlib.suppress(OSError):  # a disk that takes nothing refuses each submission
            self.store.make_folders()
        with watch_renames(self.store.requests, self._folder_changed) as watched:
            await self._keep_working(_IDLE_LOOK_SECONDS if watched else LOOK_SECONDS)

    async def _keep_working(self, idle_seconds: float) -> None:
        swept_at = -_SWEEP_SECONDS
        while True:
            self._wake.clear()
            try:
                if time.monotonic() - swept_at >= _SWEEP_SECONDS:
                    swept_at = time.monotonic()
                    await asyncio.to_thread(self.store.sweep, self._options.keep_seconds, self._options.max_bytes)
                await self._look()
                self._complained = False
            except OSError as error:
                if not self._complained:
                    self._complained = True
                    logger.error("deferred predictions can't be read", extra={"error": str(error)})
            await wait_for(self._wake, LOOK_SECONDS if self._tickets else idle_seconds)

    def _folder_changed(self) -> None:
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

    async def leave(self) -> None:
        """Begin nothing more, which other gateways do, and wait for what runs."""
        self._stopping.set()
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
            self.store.uncount_attempt(run.lease.request.id)

    # --- choosing ---

    async def _look(self) -> None:
        if self._stopping.is_set() or not self._watcher.loaded:
            return
        if self.store.changed():
            self._tickets = await asyncio.to_thread(self.store.tickets)
        await self._end_cancelled()
        full: set[tuple[str, int]] = set()
        for ticket in in_turn(self._tickets.values()):
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
                    self._maybe_busy.add((run.lease.request.model, run.lease.request.version))
            elif id in self._tickets:
                await self._begin(id)  # it takes no place: it only gets its record

    async def _begin(self, id: str) -> None:
        lease = await asyncio.to_thread(self.store.take, id)
        if lease is None:
            return  # another gateway has it
        if self._stopping.is_set():
            lease.close()
            self.store.uncount_attempt(id)
            return
        run = _Run(lease, StoredBody(lease, self._config.recorded_arrow_bytes))
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

    def _may_begin(self, ticket: QueueEntry) -> bool:
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
        return self._workers.in_flight(*key) < self._config.max_in_flight

    def _places(self, key: tuple[str, int], replicas: int) -> int:
        """Divide the places of a version by the gateways: the parts add up to them."""
        whole, gateways = self._options.concurrency * replicas, self._config.gateways
        # Who has one more than others is drawn by the version's name, or one gateway would do all the work of small numbers.
        turn = (self._place + zlib.crc32(f"{key[0]}:{key[1]}".encode())) % gateways
        return whole // gateways + (turn < whole % gateways)

    # --- running ---

    async def _run(self, run: "_Run") -> None:
        request = run.lease.request
        try:
            outcome = await self._predict(run)
            if outcome.code == "paused":
                self.store.uncount_attempt(request.id)
                return  # it waits until the model is resumed
            response = outcome.response
            status = _CODES.get(response.status, "failed")
            answer = DeferredAnswer(
                id=request.id, model=request.model, version=request.version, key=request.key, outcome=status,
                prediction_id=outcome.id, status=response.status, headers=list(response.headers),
                created_ns=request.created_ns, begun_ns=run.begun_ns if outcome.submitted else 0, finished_ns=time.time_ns(),
            )  # fmt: skip
            await self._settle(run.lease, answer, response.body)
            self._counters.finished(request.model, request.version, status)
        except Exception:
            logger.exception("a deferred prediction failed inside the gateway", extra={"deferred": request.id})
            await asyncio.sleep(1)  # it is taken again

    async def _predict(self, run: "_Run") -> Outcome:
        """Predict it, and again where the first outcome is no fault of the request or the model."""
        key = (run.lease.request.model, run.lease.request.version)
        if run.lease.attempts > 1:  # a killed gateway left its attempt to the worker
            self._maybe_busy.add(key)
        attempt = 0
        while True:
            attempt += 1
            outcome = await self._predict_once(run)
            if run.cancelled or self._stopping.is_set() or attempt == _TRIES:
                return outcome
            was_busy = key in self._maybe_busy
            self._maybe_busy.discard(key)
            if outcome.code in _AGAIN:
                await asyncio.sleep(attempt)
            elif not (was_busy and outcome.code == "deadline_exceeded"):
                return outcome

    async def _predict_once(self, run: "_Run") -> Outcome:
        stored = run.lease.request
        caller = self._caller(stored.key)
        refusal = _revoked() if caller is None else None
        request = stored_request(run.lease, caller or _revoked_caller(stored.key), refusal)
        prediction = run.prediction = self._pipeline.open(request)
        prediction.model, prediction.version = stored.model, stored.version
        return await self._pipeline.run(request, run.body, prediction)

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
        """The caller by the id of its key; None when the key was revoked."""
        key = self._watcher.table.key_by_id(id)
        return None if key is None else Caller(key)


def in_turn(tickets: Iterable[QueueEntry]) -> list[QueueEntry]:
    """The requests in the order in which they are begun: of each key the oldest, then of each the next."""
    before: Counter[str] = Counter()
    ranked = []
    for place, ticket in enumerate(tickets):
        ranked.append((before[ticket.key], place, ticket))
        before[ticket.key] += 1
    return [ticket for _, _, ticket in sorted(ranked)]


class _Run:
    """A request under way."""

    def __init__(self, lease: Lease, body: StoredBody) -> None:
        self.lease = lease
        self.body = body
        self.begun_ns = time.time_ns()
        self.cancelled = False
        self.prediction: Prediction | None = None
        self.task: asyncio.Task[None]

    def cancel(self, workers: WorkerPools) -> bool:
        """End it; tells whether it was taken back from a worker. No error when it is too late for that."""
        if not self.cancelled:
            self.cancelled = True
            self.body.refused = _cancelled()
        return self.prediction is not None and workers.withdraw(self.prediction, _cancelled())


def _revoked_caller(id: str) -> Caller:
    return Caller(KeyRoute(id=id, name=""))


def _revoked() -> ProblemError:
    return ProblemError("unauthenticated", "The key that asked for this was revoked before its turn came.")


def _cancelled() -> ProblemError:
    return ProblemError("cancelled", "Its caller cancelled this prediction.")
