"""The way to the workers of one version: as many connections as it has replicas, opened when needed, retried when a worker dies."""

import asyncio
import logging
import math
from collections import deque
from functools import partial

from unshelf.contracts.hosting import Failed
from unshelf.gateway.connection import WorkerConnection
from unshelf.gateway.deadlines import Deadlines
from unshelf.gateway.host import Host
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.problems import Refused
from unshelf.gateway.recorder import Recorder
from unshelf.gateway.streamed import Streamed
from unshelf.gateway.table import Target

MAX_ATTEMPTS = 3
"""Workers a prediction is given to before it is given up."""
_CONNECT_ATTEMPTS = 5
_PATIENCE_SECONDS = 2.0
"""How long the host's "not now" is waited out before those who wait hear of it."""
_PAUSE_SECONDS = 0.05
_CLOCK_SECONDS = 0.02
"""How much earlier than said a timer may fire."""

logger = logging.getLogger(__name__)


class VersionWorkers:
    """The way to the workers of one version: the open connections, and the predictions that wait for one."""

    def __init__(self, target: Target, host: Host, recorder: Recorder, max_in_flight: int) -> None:
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
        self._suspect: Prediction | None = None
        """The prediction on its last attempt, which is made alone: if that kills the worker too, it is the culprit, and
        those who were in flight with it before are not."""
        self._dead_address: str | None = None
        self._opening: asyncio.Task[None] | None = None
        self._inquests: set[asyncio.Task[None]] = set()
        self._retired = False

    def submit(self, prediction: Prediction, seconds: float) -> None:
        """Have it predicted and recorded within so many seconds. Raises Refused (overloaded) when too many are in flight."""
        if self.in_flight >= self._max_in_flight:
            raise Refused(
                "overloaded", f"{self.in_flight} predictions of {self.model}:{self.version} are in flight already",
                hint="send fewer at a time, or again later", retry_after=1,
            )  # fmt: skip
        self.in_flight += 1
        if seconds == self._timeout:
            self._deadlines.watch(prediction)
        else:
            prediction.timer = self._loop.call_later(seconds, self._expire, prediction, seconds)
        connections = self._connections
        connection = connections[0] if len(connections) == 1 and not connections[0].stopping else self._least_busy()
        if connection is not None and not self._waiting and self._suspect is None:
            connection.send(prediction)
        else:
            self._waiting.append(prediction)
            self._advance()

    def move(self) -> None:
        """The host is a new one: ask it for the addresses again, and go on there if they are others."""
        if self._connections and self._opening is None:
            self._opening = self._loop.create_task(self._open(moving=True))

    def follow(self, addresses: list[str]) -> None:
        """The version is served at these now: connect to those that are new."""
        known = {connection.address for connection in self._connections}
        if self._connections and self._opening is None and not known.issuperset(addresses):
            self._opening = self._loop.create_task(self._open_more(addresses))

    def withdraw(self, prediction: Prediction, refused: Refused) -> bool:
        """End one that its caller does not want any more; False when it has its outcome, or is about to."""
        if prediction in self._waiting:
            self._waiting.remove(prediction)
        elif prediction.sent_to is None or not prediction.sent_to.cancel(prediction):
            return False
        prediction.refuse(refused)
        self._finish(prediction)
        self._advance()
        return True

    def retire(self) -> None:
        """The version is gone: hang up when the last prediction is answered."""
        self._retired = True
        self._hang_up_if_retired()

    # --- what connections report ---

    def progressed(self, prediction: Streamed) -> None:
        """Owner: a chunk is in. The version's timeout holds for the next one, the caller's for all together."""
        if prediction.excess is not None:
            self.withdraw(prediction, prediction.excess)
            return
        prediction.unwatch()
        left = prediction.deadline - self._loop.time()
        if not prediction.deadline or left > self._timeout:
            self._deadlines.watch(prediction)
            return
        prediction.due = None
        prediction.timer = self._loop.call_later(max(0.0, left), self.withdraw, prediction, _late(prediction.seconds))

    def received(self, connection: WorkerConnection, answered: list[Prediction]) -> None:
        """Owner: the worker answered these."""
        for prediction in answered:
            prediction.unwatch()
        self.in_flight -= len(answered)
        if self._suspect is not None and self._suspect in answered:
            self._suspect = None
        self._recorder.add_answered(answered)
        if self._retired:
            self._hang_up_if_retired()
        if connection.stopping:
            self._leave(connection)
        if self._waiting:
            self._advance()

    def lost(self, connection: WorkerConnection, orphans: list[Prediction]) -> None:
        """Owner: the worker is gone; what it had not answered goes to the next one."""
        self._leave(connection)
        if orphans:
            logger.warning(
                "a worker died with predictions in flight",
                extra={"model": self.model, "version": self.version, "predictions": len(orphans)},
            )
        given_up: list[Prediction] = []
        for prediction in reversed(orphans):
            prediction.sent_to = None
            if self._suspect is prediction:
                self._suspect = None
            if isinstance(prediction, Streamed) and prediction.chunks:  # what its caller has seen can't be taken back
                prediction.refuse(_broken_off())
                self._finish(prediction)
            elif prediction.attempts < MAX_ATTEMPTS:
                self._waiting.appendleft(prediction)
            else:
                given_up.append(prediction)
                prediction.unwatch()
        if given_up:
            inquest = self._loop.create_task(self._give_up(given_up, connection.address, alone=len(orphans) == 1))
            self._inquests.add(inquest)
            inquest.add_done_callback(self._inquests.discard)
        self._advance()

    # --- how predictions move on ---

    def _advance(self) -> None:
        """Send what waits, as far as there is a worker to send it to; else have one woken."""
        while self._waiting and self._suspect is None:
            connection = self._least_busy()
            if connection is None:
                self._ensure_opening()
                return
            if self._waiting[0].attempts == MAX_ATTEMPTS - 1:
                if connection.pending:
                    return
                self._suspect = self._waiting[0]
            connection.send(self._waiting.popleft())

    def _least_busy(self) -> WorkerConnection | None:
        """The connection with the fewest unanswered predictions, of those that may be sent to."""
        best: WorkerConnection | None = None
        for connection in self._connections:
            if not connection.stopping and (best is None or len(connection.pending) < len(best.pending)):
                best = connection
        return best

    async def _give_up(self, predictions: list[Prediction], address: str, *, alone: bool) -> None:
        """Tell those who were tried often enough why it did not work."""
        limit = await self._host.out_of_memory(self.model, self.version, address)
        for prediction in predictions:
            prediction.refuse(_too_large(limit) if limit else _killer() if alone else _unlucky())
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
        if self._suspect is prediction:
            self._suspect = None
        self.in_flight -= 1
        self._recorder.add(prediction)
        if self._retired:
            self._hang_up_if_retired()

    def _fail_waiting(self, refused: Refused) -> None:
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
            refused = Refused("unavailable", "the model can't be reached", retry_after=1)
            refused.__cause__ = error
        finally:
            self._opening = None
        if refused is not None and not self._connections:
            self._fail_waiting(refused)
        self._advance()

    async def _try_to_open(self, *, moving: bool) -> Refused | None:
        """Have a worker woken and connect to it; gives the reason when there is none to be had."""
        patience, unreachable = _PATIENCE_SECONDS, 0
        while True:
            answer = await self._host.wake(self.model, self.version, self._dead_address)
            if isinstance(answer, Failed):
                pause = _worth_waiting(answer)
                if pause > patience:
                    return _refusal_of(answer)
                patience -= pause
                await asyncio.sleep(pause)
                continue
            addresses = answer.addresses or [answer.address]
            dead = await self._connect(addresses)
            if len(dead) == len(addresses):
                unreachable += 1
                if unreachable >= _CONNECT_ATTEMPTS:
                    return Refused("unavailable", "the model's worker can't be reached", retry_after=1)
                self._dead_address = dead[0]
                await asyncio.sleep(_PAUSE_SECONDS)
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
                _, connection = await self._loop.create_unix_connection(
                    partial(WorkerConnection, self, address), address
                )
            except OSError:
                dead.append(address)
                continue
            self._connections.append(connection)
        return dead


def _worth_waiting(failed: Failed) -> float:
    """Seconds after which to ask the host again."""
    if failed.code == "not_found":
        # The host reads the same table as we do, but not in the same instant: it may not know a new version yet.
        return _PAUSE_SECONDS
    if failed.code == "unavailable" and failed.retry_after is not None:
        return max(failed.retry_after, _PAUSE_SECONDS)
    return math.inf


def _refusal_of(failed: Failed) -> Refused:
    """What callers are told when the host can't give a worker; the log stays with the owner."""
    if failed.code == "paused":
        return Refused("paused", failed.detail, hint=failed.hint, retry_after=30)
    return Refused("unavailable", failed.detail, hint=failed.hint, retry_after=failed.retry_after or 5)


def _late(seconds: float) -> Refused:
    return Refused(
        "deadline_exceeded", f"the model did not answer within {seconds:g} seconds",
        hint="send fewer rows at a time, or deploy the model with a longer `timeout`",
    )  # fmt: skip


def _killer() -> Refused:
    return Refused(
        "model_error", "the model's process died while it computed this prediction",
        hint="the same input ended the process each time it was tried; the model's owner finds more in the worker's log",
    )  # fmt: skip


def _unlucky() -> Refused:
    return Refused(
        "unavailable", f"{MAX_ATTEMPTS} workers died before they answered", hint="send it again", retry_after=1
    )


def _broken_off() -> Refused:
    return Refused(
        "unavailable", "the model's worker ended in the middle of the stream",
        hint="send it again; the chunks may then be others", retry_after=1,
    )  # fmt: skip


def _too_large(limit: str) -> Refused:
    return Refused(
        "out_of_memory", f"the model ran out of its memory ({limit}) while it computed this prediction",
        hint="send fewer rows at a time; the model's owner can deploy it with a larger tier", retry_after=5,
    )  # fmt: skip
