"""The ways to the workers: one per version, opened when needed, moved when the host says so, retried when a worker dies."""

import asyncio
import logging
import math
from collections import deque
from functools import partial

from unshelf.contracts.hosting import Failed
from unshelf.gateway.connection import WorkerConnection
from unshelf.gateway.host import Host
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.problems import Refused
from unshelf.gateway.recorder import Recorder
from unshelf.gateway.table import Table, Target

MAX_ATTEMPTS = 3
"""Workers a prediction is given to before it is given up."""
_CONNECT_ATTEMPTS = 5
_PATIENCE_SECONDS = 2.0
"""How long the host's "not now" is waited out before those who wait hear of it."""
_PAUSE_SECONDS = 0.05

logger = logging.getLogger(__name__)


class VersionWorkers:
    """The way to the workers of one version: the open connection, and the predictions that wait for one."""

    def __init__(self, model: str, version: int, host: Host, recorder: Recorder, max_in_flight: int) -> None:
        self.model = model
        self.version = version
        self.in_flight = 0
        self._host = host
        self._recorder = recorder
        self._max_in_flight = max_in_flight
        self._loop = asyncio.get_running_loop()
        self._connection: WorkerConnection | None = None
        self._waiting: deque[Prediction] = deque()
        self._suspect: Prediction | None = None
        """The prediction on its last attempt, which is made alone: if that kills the worker too, it is the culprit, and
        those who were in flight with it before are not."""
        self._dead_address: str | None = None
        self._opening: asyncio.Task[None] | None = None
        self._retired = False

    def submit(self, prediction: Prediction, seconds: float) -> None:
        """Have it predicted and recorded within so many seconds. Raises Refused (overloaded) when too many are in flight."""
        if self.in_flight >= self._max_in_flight:
            raise Refused(
                "overloaded", f"{self.in_flight} predictions of {self.model}:{self.version} are in flight already",
                hint="send fewer at a time, or again later", retry_after=1,
            )  # fmt: skip
        self.in_flight += 1
        prediction.timer = self._loop.call_later(seconds, self._expire, prediction, seconds)
        if (
            self._connection is not None
            and not self._waiting
            and self._suspect is None
            and not self._connection.stopping
        ):
            self._connection.send(prediction)
        else:
            self._waiting.append(prediction)
            self._advance()

    def move(self) -> None:
        """The host is a new one: ask it for the address again, and go on there if it is another one."""
        if self._connection is not None and self._opening is None:
            self._opening = self._loop.create_task(self._open(moving=True))

    def retire(self) -> None:
        """The version is gone: hang up when the last prediction is answered."""
        self._retired = True
        self._hang_up_if_retired()

    # --- what connections report ---

    def answered(self, prediction: Prediction) -> None:
        """Owner: the worker answered."""
        self._finish(prediction)

    def received(self, connection: WorkerConnection) -> None:
        """Owner: a read's answers were all reported."""
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
        for prediction in reversed(orphans):
            prediction.sent_to = None
            if self._suspect is prediction:
                self._suspect = None
            if prediction.attempts < MAX_ATTEMPTS:
                self._waiting.appendleft(prediction)
            else:
                prediction.refuse(_killer() if len(orphans) == 1 else _unlucky())
                self._finish(prediction)
        self._advance()

    # --- how predictions move on ---

    def _advance(self) -> None:
        """Send what waits, as far as there is a worker to send it to; else have one woken."""
        while self._waiting and self._suspect is None:
            connection = self._connection
            if connection is None or connection.stopping:
                self._ensure_opening()
                return
            if self._waiting[0].attempts == MAX_ATTEMPTS - 1:
                if connection.pending:
                    return
                self._suspect = self._waiting[0]
            connection.send(self._waiting.popleft())

    def _expire(self, prediction: Prediction, seconds: float) -> None:
        if prediction.sent_to is None:
            self._waiting.remove(prediction)
        else:
            prediction.sent_to.cancel(prediction)
        prediction.refuse(_late(seconds))
        self._finish(prediction)
        self._advance()

    def _finish(self, prediction: Prediction) -> None:
        if prediction.timer is not None:
            prediction.timer.cancel()
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
        if self._connection is connection:
            self._connection = None
            self._dead_address = connection.address
        connection.retire()

    def _hang_up_if_retired(self) -> None:
        if self.in_flight:
            return
        if self._opening is not None:
            self._opening.cancel()
        if self._connection is not None:
            self._leave(self._connection)

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
        if refused is not None and self._connection is None:
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
            if moving and self._connection is not None and self._connection.address == answer.address:
                return None
            try:
                _, connection = await self._loop.create_unix_connection(
                    partial(WorkerConnection, self, answer.address), answer.address
                )
            except OSError:
                unreachable += 1
                if unreachable >= _CONNECT_ATTEMPTS:
                    return Refused("unavailable", "the model's worker can't be reached", retry_after=1)
                self._dead_address = answer.address
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            self._dead_address = None
            old, self._connection = self._connection, connection
            if old is not None:
                old.retire()
            return None


class Workers:
    """The ways to all versions in use."""

    def __init__(self, host: Host, recorder: Recorder, max_in_flight: int) -> None:
        self._host = host
        self._recorder = recorder
        self._max_in_flight = max_in_flight
        self._versions: dict[tuple[str, int], VersionWorkers] = {}

    def of(self, target: Target) -> VersionWorkers:
        """The way to this version's workers."""
        key = (target.model, target.version)
        found = self._versions.get(key)
        if found is None:
            found = VersionWorkers(target.model, target.version, self._host, self._recorder, self._max_in_flight)
            self._versions[key] = found
        return found

    def move_all(self) -> None:
        """The host was restarted: every version's address may have changed."""
        for version in self._versions.values():
            version.move()

    def forget_missing(self, table: Table) -> None:
        """Hang up on the workers of versions that are no longer in the table."""
        for key in [key for key in self._versions if not _knows(table, *key)]:
            self._versions.pop(key).retire()


def _knows(table: Table, model: str, version: int) -> bool:
    route = table.models.get(model)
    return route is not None and version in route.versions


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
