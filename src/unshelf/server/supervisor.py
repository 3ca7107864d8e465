"""The supervisor: keeps control, gateways and host running, says when all is ready, replaces them, stops them in order."""

import logging
import queue
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from unshelf.runtime.heartbeat import LOOK_SECONDS
from unshelf.server.children import Child, ChildPlan

_READY_POLL_SECONDS = 0.02
_MOST_FAILURES_BEFORE_READY = 3

logger = logging.getLogger(__name__)


class NeverReady(Exception):
    """A process kept dying before the server was ready once."""


class Supervisor:
    """Runs groups of children. Groups are started together and stopped one after the other."""

    def __init__(
        self,
        groups: Sequence[Sequence[ChildPlan]],
        folder: Path,
        environment: Mapping[str, str],
        *,
        on_unserved: Callable[[], None] = lambda: None,
        on_look: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_unserved` is called at a stop, once the children with inherited descriptors have ended; `on_look` about every second
        while this process does its work."""
        self._on_unserved = on_unserved
        self._on_look = on_look
        self._folder = folder
        self._environment = environment
        self._events: queue.SimpleQueue[Child | Callable[[], None] | None] = queue.SimpleQueue()
        """A child that died; something to do; None: stop."""
        self._groups: list[list[Child]] = [[] for _ in groups]
        self._ready = False
        self._work: Iterator[None] | None = None
        for group, plans in enumerate(groups):
            for plan in plans:
                self.add(plan, group)

    @property
    def groups(self) -> Sequence[Sequence[Child]]:
        """The children that there are, in the order in which they stop."""
        return self._groups

    def add(self, plan: ChildPlan, group: int, environment: Mapping[str, str] | None = None) -> Child:
        """Have one more child, which is not started yet; `environment`: other variables than children have otherwise.

        On the thread of `run`, or before it."""
        environment = self._environment if environment is None else environment
        child = Child(plan, self._folder, environment, on_death=self._events.put)
        self._groups[group].append(child)
        return child

    def forget(self, child: Child) -> None:
        """Have it no more: it has ended. One that is not there is no error."""
        for group in self._groups:
            if child in group:
                group.remove(child)

    def stop(self) -> None:
        """Have `run` stop everything and return. May be called from a signal handler and from any thread."""
        self._events.put(None)

    def do(self, act: Callable[[], None]) -> None:
        """Have `run` call this on its thread, soon. May be called from any thread."""
        self._events.put(act)

    def work_on(self, work: Iterator[None]) -> None:
        """Have `run` do this piece by piece beside its other work: each `yield` waits a moment. The children run already, and are
        not started; on the thread of `run`, or before it."""
        self._work, self._ready = work, True

    def run(self, is_ready: Callable[[], bool], on_ready: Callable[[], None]) -> None:
        """Start all, call `on_ready` once `is_ready`, restart what dies, until `stop`; nothing is left running.

        Raises NeverReady when a child keeps dying before the first time that all was ready."""
        try:
            if self._work is None:
                for child in self._children():
                    child.start()
            self._attend(is_ready, on_ready)
        finally:
            self._stop_all()

    def _attend(self, is_ready: Callable[[], bool], on_ready: Callable[[], None]) -> None:
        look_at = time.monotonic() + LOOK_SECONDS
        while True:
            if time.monotonic() >= look_at:
                self._end_silent()
                self._on_look()
                look_at = time.monotonic() + LOOK_SECONDS
            try:
                event = self._events.get(timeout=min(self._patience(), max(0.0, look_at - time.monotonic())))
            except queue.Empty:
                self._restart_due()
                self._work_on()
                if not self._ready and is_ready():
                    self._ready = True
                    on_ready()
                continue
            if event is None:
                return
            if isinstance(event, Child):
                self._bury(event)
            else:
                event()

    def _work_on(self) -> None:
        """Do the next piece of the work, if there is any. Whatever happens to it, the children go on."""
        if self._work is None:
            return
        try:
            next(self._work)
        except StopIteration:
            self._work = None
        except Exception:
            self._work = None
            logger.exception("what the supervisor was at failed")

    def _end_silent(self) -> None:
        """Kill children that live and do not answer; they are started again as those that died."""
        for child in self._children():
            pid = child.pid
            if child.end_if_silent():
                logger.error("process does not answer; it was killed", extra={"child": child.plan.name, "pid": pid})
            child.hurry()

    def _patience(self) -> float:
        """Seconds until there is something to do although nothing happened."""
        due = [child.restart_at for child in self._children() if child.restart_at is not None]
        pauses = [max(0.0, moment - time.monotonic()) for moment in due]
        if not self._ready or self._work is not None:
            pauses.append(_READY_POLL_SECONDS)
        return min(pauses, default=LOOK_SECONDS)

    def _bury(self, child: Child) -> None:
        pid = child.pid
        status = child.buried()
        if child.is_leaving:
            logger.info("process left", extra={"child": child.plan.name, "pid": pid, "status": status})
            self.forget(child)
            return
        logger.error(
            "process died; it is started again",
            extra={"child": child.plan.name, "pid": pid, "status": status, "deaths_in_a_row": child.failures},
        )
        if not self._ready and child.failures > _MOST_FAILURES_BEFORE_READY:
            raise NeverReady(f"{child.plan.name} ended {child.failures} times with status {status}")
        self._restart_due()

    def _restart_due(self) -> None:
        moment = time.monotonic()
        for child in self._children():
            if child.restart_at is not None and child.restart_at <= moment:
                child.start()

    def _children(self) -> list[Child]:
        return [child for group in self._groups for child in group]

    def _stop_all(self) -> None:
        for group in self._groups:
            asked_at = time.monotonic()
            for child in group:
                child.ask_to_stop()
            serving = [child for child in group if child.plan.fds]
            for child in serving:
                self._await_end(child, asked_at)
            if serving:
                self._on_unserved()
            for child in group:
                self._await_end(child, asked_at)

    def _await_end(self, child: Child, asked_at: float) -> None:
        if not child.await_end(asked_at):
            logger.error("process did not stop in time; it was killed", extra={"child": child.plan.name})
