"""The loops of one control: threads that do periodic work and work off queues, each piece under a claim."""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from unshelf.foundation.database.engine import Database
from unshelf.foundation.loops.claims import Claim, ClaimLost, Claims
from unshelf.foundation.loops.leases import Leases
from unshelf.foundation.loops.metrics import LoopMetrics

_LONGEST_RETRY_SECONDS = 60.0
_STOP_SECONDS = 2.0
_NEVER = object()
"""A mark that no database has."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class PeriodicLoop:
    """Work done again and again, by one control at a time: the one that claimed the loop, for as long as it lives.

    `everywhere`: by each control for itself, without a claim."""

    name: str
    act: Callable[[], float | None]
    """Do it once; gives the seconds until the next time, None: `every`. No transaction of a caller is open."""
    every: float
    retry: float = _LONGEST_RETRY_SECONDS
    """The seconds after a failure until it is tried again."""
    everywhere: bool = False
    """Where a claim would be in the way: work that goes on while the database is away, or whose state is in the process."""
    after_changes: bool = False
    """Whether it only follows what is written to the database: it is not done again while nothing was written since it was begun,
    until the seconds have passed that `act` gave, None: for ever. `every` is then how often it looks whether something was."""


@dataclass(frozen=True, kw_only=True)
class QueueLoop:
    """Work that is added piece by piece (`Loops.add_work`), each done by whichever control claims it first."""

    name: str
    act: Callable[[Claim], None]
    """Do one piece, up to `claim.finish`; where it raises, it is tried again later, perhaps by another control.

    What raises Postponed says itself when, and is no failure of the loop."""
    workers: int = 1
    """How many pieces one control does at a time."""
    of_one_actor: int | None = None
    """How many pieces all controls do at a time of what is one actor's; None: as it comes."""


class Postponed(Exception):
    """The work of a queue can't be done now, by no fault of this installation: somebody else's server is away."""

    def __init__(self, reason: str, *, seconds: float) -> None:
        super().__init__(reason)
        self.seconds = seconds
        """After how long it is tried again."""


class Loops:
    """Runs the loops of one control."""

    def __init__(
        self,
        database: Database,
        metrics: LoopMetrics,
        *,
        owner: str,
        lease_seconds: float = 30.0,
        poll_seconds: float = 1.0,
    ) -> None:
        """`owner`: as in Claims. `poll_seconds`: how soon a queue sees what another control has added."""
        self._database = database
        self._metrics = metrics
        self._claims = Claims(database, owner=owner, lease_seconds=lease_seconds)
        self._leases = Leases(self._claims, renew_seconds=lease_seconds / 3)
        self._poll_seconds = poll_seconds
        self._ended = threading.Event()
        self._loops: dict[str, PeriodicLoop | QueueLoop] = {}
        self._wakers: dict[str, threading.Event] = {}
        self._periodic_threads: list[threading.Thread] = []
        self._periodic: list[_PeriodicRun] = []

    def add(self, loop: PeriodicLoop | QueueLoop) -> None:
        """Have a loop run from `start` on. Names are unique."""
        if loop.name in self._loops:
            raise ValueError(f"there is a loop {loop.name!r} already")
        self._loops[loop.name] = loop
        self._wakers[loop.name] = threading.Event()

    def add_all(self, loops: Iterable[PeriodicLoop | QueueLoop]) -> None:
        """Have each of these run, as `add`."""
        for loop in loops:
            self.add(loop)

    def add_work(self, session: Session, loop: str, key: str, *, actor: str | None = None) -> None:
        """Put a piece of work on a queue, in the caller's transaction. Call `wake` once it is committed."""
        self._claims.add(session, loop, key, actor=actor)

    def hasten(self, session: Session, loop: str, key: str) -> None:
        """Have a piece of work that waits done out of turn, in the caller's transaction. Call `wake` once it is committed."""
        self._claims.hasten(session, loop, key)

    def wake(self, loop: str) -> None:
        """Have a loop of this process look now instead of at its next turn."""
        self._wakers[loop].set()

    def start(self) -> None:
        """Begin, after freeing what the last process in this place had claimed."""
        self._claims.free_own()
        periodic = [loop for loop in self._loops.values() if isinstance(loop, PeriodicLoop)]
        claimed = [loop.name for loop in periodic if not loop.everywhere]
        self._claims.add_missing(claimed)
        taken = self._leases.take_periodic(claimed)
        for loop in self._loops.values():
            if isinstance(loop, PeriodicLoop):
                run = _PeriodicRun(self, loop, taken.get(loop.name))
                self._periodic.append(run)
                self._periodic_threads.append(_spawn(loop.name, run.run))
            else:
                queue = _QueueRun(self, loop)
                for number in range(loop.workers):
                    _spawn(f"{loop.name}-{number}", queue.run)
        _spawn("leases", lambda: self._leases.renew_until(self._ended))

    def stop(self) -> None:
        """End. Periodic work is let go for others; pieces of a queue that are under way are cut off with the process."""
        self._ended.set()
        for waker in self._wakers.values():
            waker.set()
        deadline = time.monotonic() + _STOP_SECONDS
        for thread in self._periodic_threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._leases.give_back_all([run.left for run in self._periodic if run.left is not None])

    def _parts(self, name: str) -> tuple[Leases, LoopMetrics, threading.Event, threading.Event]:
        return self._leases, self._metrics, self._ended, self._wakers[name]


class _QueueRun:
    """The work of a queue's threads. Of the idle ones, one looks for work, and the others wait for their turn."""

    def __init__(self, loops: Loops, loop: QueueLoop) -> None:
        self._loop = loop
        self._leases, self._metrics, self._ended, self._waker = loops._parts(loop.name)
        self._poll_seconds = loops._poll_seconds
        self._scout = threading.Lock()

    def run(self) -> None:
        while not self._ended.is_set():
            with self._scout:
                self._waker.clear()
                claim = (
                    None
                    if self._ended.is_set()
                    else self._leases.take(self._loop.name, of_one_actor=self._loop.of_one_actor)
                )
                if claim is None:
                    if not self._ended.is_set():
                        self._waker.wait(self._poll_seconds)
                    continue
            self._act(claim)

    def _act(self, claim: Claim) -> None:
        began = time.monotonic()
        try:
            self._loop.act(claim)
        except ClaimLost:
            logger.warning("another process took over", extra={"loop": claim.loop, "key": claim.key})
        except Postponed as later:
            self._metrics.succeeded(claim.loop, began)
            self._leases.give_back(claim, after_seconds=later.seconds, error=str(later))
        except Exception as error:  # the thread must outlive a full disk and a database that is away
            self._metrics.failed(claim.loop, began, error)
            pause = min(_LONGEST_RETRY_SECONDS, 2.0 ** min(claim.attempts, 10))
            self._leases.give_back(claim, after_seconds=pause, error=f"{type(error).__name__}: {error}")
        else:
            self._metrics.succeeded(claim.loop, began)
        self._leases.drop(claim)


class _PeriodicRun:
    """The thread of a periodic loop: stands by until it holds the claim, then acts until the end or until the claim is lost.

    One that runs everywhere has no claim to wait for."""

    def __init__(self, loops: Loops, loop: PeriodicLoop, claim: Claim | None) -> None:
        """`claim`: the one that was taken at the start; None: somebody else has it, or the loop needs none."""
        self._loop = loop
        self._leases, self._metrics, self._ended, self._waker = loops._parts(loop.name)
        self._database = loops._database
        self._claim = claim
        self.left: Claim | None = None
        """The claim that it held when it ended, which is to be given back."""
        self._mark: object = _NEVER
        """The database's mark before the last turn that went well; of a loop that follows changes."""
        self._due_at = math.inf
        """When (monotonic) such a loop acts although nothing was written."""

    def run(self) -> None:
        pause = 0.0
        while not self._ended.is_set():
            self._waker.wait(pause)
            self._waker.clear()
            if not self._ended.is_set():
                pause = self._turn()
        self.left = self._claim

    def _turn(self) -> float:
        """Act once, if the claim is held; gives the seconds until the next turn."""
        if not self._loop.everywhere and not self._has_claim():
            return min(self._leases.renew_seconds, self._loop.every)
        began = time.monotonic()
        try:
            pause = self._follow(began) if self._loop.after_changes else self._loop.act()
        except Exception as error:  # the thread must outlive a full disk and a database that is away
            self._mark = _NEVER
            if not self._ended.is_set():
                self._metrics.failed(self._loop.name, began, error)
            return self._loop.retry
        self._metrics.succeeded(self._loop.name, began)
        return self._loop.every if pause is None else pause

    def _follow(self, moment: float) -> float:
        """Act if something was written since the last time, or it is time all the same; gives the seconds until the next look."""
        mark = self._database.change_mark()
        if mark != self._mark or moment >= self._due_at:
            seconds = self._loop.act()
            self._mark, self._due_at = mark, math.inf if seconds is None else moment + seconds
        return self._loop.every

    def _has_claim(self) -> bool:
        if self._claim is None or not self._leases.holds(self._claim):
            self._claim = self._leases.take(self._loop.name)
        return self._claim is not None


def _spawn(name: str, target: Callable[[], None]) -> threading.Thread:
    # A daemon: a deploy takes minutes, and what was begun is taken up by the next control.
    thread = threading.Thread(target=target, name=name, daemon=True)
    thread.start()
    return thread
