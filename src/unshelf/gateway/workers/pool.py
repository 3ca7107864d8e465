"""The worker pool of one version: as many connections as it has replicas, opened when needed, retried when a worker dies."""

import asyncio
import logging
import math
from collections import deque

from unshelf.contracts.protocols.host import Failed
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.records.recorder import Recorder
from unshelf.gateway.routing.index import VersionTarget
from unshelf.gateway.workers.connection import WorkerConnection, connect
from unshelf.gateway.workers.deadlines import Deadlines
from unshelf.gateway.workers.host_client import HostClient
from unshelf.gateway.workers.streamed import Streamed

MAX_ATTEMPTS = 3
"""Workers a prediction is given to before it is given up."""
_CONNECT_ATTEMPTS = 5
_HOST_BUSY_SECONDS = 2.0
"""How long the host's "not now" is waited out before those who wait hear of it."""
_RETRY_SECONDS = 0.05
_CLOCK_SECONDS = 0.02
"""How much earlier than said a timer may fire."""

logger = logging.getLogger(__name__)


class WorkerPool:
    """The workers of one version: the open connections, and the predictions that wait for one."""

    def __init__(self, target: VersionTarget, host: HostClient, recorder: Recorder, max_in_flight: int) -> None:
        self.model = target.model
        self.version = target.version
        self.scales = target.route.max_replicas > 1
        """Whether the host is to hear what is in flight."""
        self.in_flight = 0
        self._timeout = target.route.timeout
        self._host = host
        self._recorder = recorder
        self._max_in_flight = max_in_flight
        self._loop = asyncio.get_running_loop()
        self._deadlines = Deadlines(self._timeout, lambda prediction: self._expire(prediction, self._timeout))
        self._connections: list[WorkerConnection] = []
        self._waiting: deque[Prediction] = deque()
        self._isolated: Prediction | None = None
        """The prediction on its last attempt, which is made alone: if that kills the worker too, its input is the cause,
        and not those that were in flight with it before."""
        self._dead_address: str | None = None
        self._opening: asyncio.Task[None] | None = None
        self._failure_reports: set[asyncio.Task[None]] = set()
        self._retired = False

    def submit(self, prediction: Prediction, seconds: float) -> None:
        """Have it predicted and recorded within `seconds`. Raises ProblemError (overloaded) when too many are in flight."""
        if self.in_flight >= self._max_in_flight:
            raise ProblemError(
                "overloaded", f"{self.in_flight} predictions of {self.model}:{self.version} are in flight already.",
                hint="Send fewer at a time, or again later.", retry_after=1,
            )  # fmt: skip
        self.in_flight += 1
        if seconds == self._timeout:
            self._deadlines.watch(prediction)
        else:
            prediction.timer = self._loop.call_later(seconds, self._expire, prediction, seconds)
        connections = self._connections
        connection = connections[0] if len(connections) == 1 and not connections[0].stopping else self._least_busy()
        if connection is not None and not self._waiting and self._isolated is None:
            connection.send(prediction)
        else:
            self._waiting.append(prediction)
            self._advance()

    def move(self) -> None:
        """The host is a new one: ask it for the addresses again, and go on there if they are others."""
        if self._connections and self._opening is None:
            self._opening = self._loop.create_task(self._open(moving=True))

    def connect_to(self, addresses: list[str]) -> None:
        """Connect to new addresses at which the version is served now."""
        known = {connection.address for connection in self._connections}
        if self._connections and self._opening is None and not known.issuperset(addresses):
            self._opening = self._loop.create_task(self._open_more(addresses))

    def withdraw(self, prediction: Prediction, refused: ProblemError) -> bool:
        """End one that its caller does not want any more; False when it has its outcome, or is about to."""
        if prediction in self._waiting:
            self._waiting.remove(prediction)
        elif prediction.sent_to is None or not prediction.sent_to.cancel(prediction):
            return False
        prediction.refuse(refused)
        self._finish(prediction)
        self._advance()
        return True

    def abandon(self, refused: ProblemError) -> None:
        """End all that wait or run with this answer: the gateway is ending, and nobody would hear a later one."""
        self._fail_waiting(refused)
        for connection in list(self._connections):
            for prediction in list(connection.pending.values()):
                self.withdraw(prediction, refused)

    def retire(self) -> None:
        """The version is gone: hang up when the last prediction is answered."""
        self._retired = True
        self._hang_up_if_retired()

    # --- what connections report ---

    def on_chunk(self, prediction: Streamed) -> None:
        """Take note of a chunk. The version's timeout holds for the next one, the caller's for all together."""
        if prediction.overflow is not None:
            self.withdraw(prediction, prediction.overflow)
            return
        prediction.unwatch()
        left = prediction.deadline - self._loop.time()
        if not prediction.deadline or left > self._timeout:
            self._deadlines.watch(prediction)
            return
        prediction.deadline_group = None
        prediction.timer = self._loop.call_later(max(0.0, left), self.withdraw, prediction, _late(prediction.seconds))

    def on_answers(self, connection: WorkerConnection, answered: list[Prediction]) -> None:
        """Record predictions that the worker answered."""
        for prediction in answered:
            prediction.unwatch()
        self.in_flight -= len(answered)
        if self._isolated is not None and self._isolated in answered:
            self._isolated = None
        self._recorder.add_answered(answered)
        if self._retired:
            self._hang_up_if_retired()
        if connection.stopping:
            self._leave(connection)
        if self._waiting:
            self._advance()

    def on_lost(self, connection: WorkerConnection, orphans: list[Prediction]) -> None:
        """Send what a dead worker had not answered to the next one."""
        self._leave(connection)
        if orphans:
            logger.warning(
                "a worker died with predictions in flight",
                extra={"model": self.model, "version": self.version, "predictions": len(orphans)},
            )
        given_up: list[Prediction] = []
        for prediction in reversed(orphans):
            prediction.sent_to = None
            if self._isolated is prediction:
                self._isolated = None
            if isinstance(prediction, Streamed) and prediction.chunks:  # what its caller has seen can't be taken back
                prediction.refuse(_broken_off())
                self._finish(prediction)
            elif prediction.attempts < MAX_ATTEMPTS:
                self._waiting.appendleft(prediction)
            else:
                given_up.append(prediction)
                prediction.unwatch()
        if given_up:
            failure_report = self._loop.create_task(
                self._give_up(given_up, connection.address, alone=len(orphans) == 1)
            )
            self._failure_reports.add(failure_report)
            failure_report.add_done_callback(self._failure_reports.discard)
        self._advance()

    # --- how predictions move on ---

    def _advance(self) -> None:
        """Send what waits, as far as there is a worker to send it to; else have one woken."""
        while self._waiting and self._isolated is None:
            connection = self._least_busy()
            if connection is None:
                self._ensure_opening()
                return
            if self._waiting[0].attempts == MAX_ATTEMPTS - 1:
                if connection.pending:
                    return
                self._isolated = self._waiting[0]
            connection.send(self._waiting.popleft())

    def _least_busy(self) -> WorkerConnection | None:
        """The connection with the fewest unanswered predictions, of those that may be sent to."""
        best: WorkerConnection | None = None
        for connection in self._connections:
            if not connection.stopping and (best is None or len(connection.pending) < len(best.pending)):
                best = connection
        return best

    async def _give_up(self, predictions: list[Prediction], address: str, *, alone: bool) -> None:
        """Refuse predictions that were tried often enough, with the reason."""
        limit = await self._host.out_of_memory(self.model, self.version, address)
        for prediction in predictions:
            prediction.refuse(_too_large(limit) if limit else _poison_input() if alone else _workers_died())
            self._finish(prediction)

    def _look_for_hang(self, connection: WorkerConnection) -> None:
        """A prediction ran past the version's own timeout: a worker that has said nothing for that long hangs."""
        if connection not in self._connections:
            return
        silent = self._loop.time() - connection.quiet_since
        if silent >= self._timeout - _CLOCK_SECONDS:
            self._host.report_stuck(self.model, self.version, connection.address, silent)
            return
        quiet_since = connection.quiet_since

        def look_again() -> None:
            if connection.quiet_since == quiet_since:
                self._look_for_hang(connection)

        self._loop.call_later(self._timeout - silent, look_again)

    def _expire(self, prediction: Prediction, seconds: float) -> None:
        if prediction.sent_to is None:
            self._waiting.remove(prediction)
        else:
            prediction.sent_to.cancel(prediction)
            # A deadline of the caller's own is no reason to think ill of the worker.
            if seconds >= self._timeout and isinstance(prediction.sent_to, WorkerConnection):
                self._look_for_hang(prediction.sent_to)
        prediction.refuse(_late(seconds))
        self._finish(prediction)
        self._advance()

    def _finish(self, prediction: Prediction) -> None:
        prediction.unwatch()
        if self._isolated is prediction:
            self._isolated = None
        self.in_flight -= 1
        self._recorder.add(prediction)
        if self._retired:
            self._hang_up_if_retired()

    def _fail_waiting(self, refused: ProblemError) -> None:
        while self._waiting:
            prediction = self._waiting.popleft()
            prediction.refuse(refused)
            self._finish(prediction)

    def _leave(self, connection: WorkerConnection) -> None:
        """Send nothing more to this connection, and never ask for its address again."""
        if connection in self._connections:
            self._connections.remove(connection)
            self._dead_address = connection.address
        connection.retire()

    def _hang_up_if_retired(self) -> None:
        if self.in_flight:
            return
        if self._opening is not None:
            self._opening.cancel()
        for connection in list(self._connections):
            self._leave(connection)

    # --- how connections are opened ---

    def _ensure_opening(self) -> None:
        if self._opening is None:
            self._opening = self._loop.create_task(self._open(moving=False))

    async def _open(self, *, moving: bool) -> None:
        try:
            refused = await self._try_to_open(moving=moving)
        except Exception as error:
            logger.exception("a worker could not be reached", extra={"model": self.model, "version": self.version})
            refused = ProblemError("unavailable", "The model can't be reached.", retry_after=1)
            refused.__cause__ = error
        finally:
            self._opening = None
        if refused is not None and not self._connections:
            self._fail_waiting(refused)
        self._advance()

    async def _try_to_open(self, *, moving: bool) -> ProblemError | None:
        """Have a worker woken and connect to it; gives the reason when there is none to be had."""
        busy_seconds, unreachable = _HOST_BUSY_SECONDS, 0
        while True:
            answer = await self._host.wake(self.model, self.version, self._dead_address)
            if isinstance(answer, Failed):
                pause = _worth_waiting(answer)
                if pause > busy_seconds:
                    return _refusal_of(answer)
                busy_seconds -= pause
                await asyncio.sleep(pause)
                continue
            addresses = answer.addresses or [answer.address]
            dead = await self._connect(addresses)
            if len(dead) == len(addresses):
                unreachable += 1
                if unreachable >= _CONNECT_ATTEMPTS:
                    return ProblemError("unavailable", "The model's worker can't be reached.", retry_after=1)
                self._dead_address = dead[0]
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            self._dead_address = None
            if moving:
                for old in [each for each in self._connections if each.address not in addresses]:
                    self._connections.remove(old)
                    old.retire()
            return None

    async def _open_more(self, addresses: list[str]) -> None:
        try:
            await self._connect(addresses)
        finally:
            self._opening = None
        self._advance()

    async def _connect(self, addresses: list[str]) -> list[str]:
        """Connect to those that we are not connected to; gives those that do not answer."""
        dead: list[str] = []
        known = {connection.address for connection in self._connections}
        for address in [address for address in addresses if address not in known]:
            try:
                connection = await connect(self, address)
            except OSError:
                dead.append(address)
                continue
            self._connections.append(connection)
        return dead


def _worth_waiting(failed: Failed) -> float:
    """Seconds after which to ask the host again."""
    if failed.code == "not_found":
        # The host reads the same table as we do, but not in the same instant: it may not know a new version yet.
        return _RETRY_SECONDS
    if failed.code == "unavailable" and failed.retry_after is not None:
        return max(failed.retry_after, _RETRY_SECONDS)
    return math.inf


def _refusal_of(failed: Failed) -> ProblemError:
    """The refusal for callers when the host can't give a worker; the log stays with the owner."""
    if failed.code == "paused":
        return ProblemError("paused", failed.detail, hint=failed.hint, retry_after=30)
    return ProblemError("unavailable", failed.detail, hint=failed.hint, retry_after=failed.retry_after or 5)


def _late(seconds: float) -> ProblemError:
    return ProblemError(
        "deadline_exceeded", f"The model did not answer within {seconds:g} seconds.",
        hint="Send fewer rows at a time, or deploy the model with a longer `timeout`.",
    )  # fmt: skip


def _poison_input() -> ProblemError:
    return ProblemError(
        "model_error", "The model's process died while it computed this prediction.",
        hint="The same input ended the process each time it was tried; the model's owner finds more in the worker's log.",
    )  # fmt: skip


def _workers_died() -> ProblemError:
    return ProblemError(
        "unavailable", f"{MAX_ATTEMPTS} workers died before they answered.", hint="Send it again.", retry_after=1
    )


def _broken_off() -> ProblemError:
    return ProblemError(
        "unavailable", "The model's worker ended in the middle of the stream.",
        hint="Send it again; the chunks may then be others.", retry_after=1,
    )  # fmt: skip


def _too_large(limit: str) -> ProblemError:
    return ProblemError(
        "out_of_memory", f"The model ran out of its memory ({limit}) while it computed this prediction.",
        hint="Send fewer rows at a time; the model's owner can deploy it with a larger tier.", retry_after=5,
    )  # fmt: skip
