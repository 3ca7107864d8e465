"""Events of a deploy: made by one thread, followed live by any number of readers, each from the first on."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, Literal

import msgspec

from unshelf.deploy.deploys.schemas import DeployStep, Step


class DeployEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A step began, said something or ended."""

    step: Step
    state: Literal["started", "info", "done", "failed"]
    detail: str = ""
    seconds: float | None = None


class End(msgspec.Struct, frozen=True, kw_only=True):
    """The deploy is over: always the last event."""

    step: Literal["end"] = "end"
    state: Literal["done", "failed"]
    version: int | None = None
    live: bool | None = None
    reference: str | None = None
    error: dict[str, Any] | None = None
    found: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    """Findings of a dry run; other deploys have none."""


def encode_event(event: DeployEvent | End) -> str:
    """The event as a line of JSON, as readers get it."""
    return msgspec.json.encode(event).decode()


def is_end(line: str) -> bool:
    """Whether this event, as JSON, is the last one."""
    step: str = msgspec.json.decode(line, type=dict[str, Any])["step"]
    return step == "end"


class Followers:
    """The readers that follow deploys. Events are read from where they are stored, so they may come from any control's work."""

    def __init__(self, read: Callable[[str, int], list[str] | None], *, poll_seconds: float = 0.25) -> None:
        """`read` gives the stored events of a deploy from a position on; None when there are no more and none will come."""
        self._read = read
        self._poll_seconds = poll_seconds
        self._lock = threading.Lock()
        self._wakers: dict[str, set[Callable[[], None]]] = {}

    def wake(self, deploy_id: str) -> None:
        """Have those who follow this deploy look at once; those of other controls look a moment later."""
        with self._lock:
            for waker in self._wakers.get(deploy_id, ()):
                waker()

    async def follow(self, deploy_id: str) -> AsyncIterator[str]:
        """Every event as JSON, from the first on, until the end. A reader may leave at any time: nothing of it stays here."""
        loop = asyncio.get_running_loop()
        arrived = asyncio.Event()

        def waker() -> None:
            with contextlib.suppress(RuntimeError):  # the reader's loop was closed before it could leave
                loop.call_soon_threadsafe(arrived.set)

        with self._lock:
            self._wakers.setdefault(deploy_id, set()).add(waker)
        try:
            position = 0
            while True:
                arrived.clear()
                lines = await asyncio.to_thread(self._read, deploy_id, position)
                if lines is None:
                    return
                for line in lines:
                    yield line
                    if is_end(line):
                        return
                position += len(lines)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._poll_seconds):
                        await arrived.wait()
        finally:
            with self._lock:
                self._wakers[deploy_id].discard(waker)
                if not self._wakers[deploy_id]:
                    del self._wakers[deploy_id]


def steps_of(lines: Iterable[str]) -> list[DeployStep]:
    """How far each step has come, in the order in which they began."""
    steps: dict[str, DeployStep] = {}
    for line in lines:
        event = msgspec.json.decode(line, type=dict[str, Any])
        if event["step"] == "end":
            break
        before = steps.get(event["step"])
        said = event["detail"] or (before.detail if before else "")
        state = "started" if event["state"] == "info" else event["state"]
        fields = {"step": event["step"], "state": state, "detail": said, "seconds": event["seconds"]}
        steps[event["step"]] = DeployStep.model_validate(fields)
    return list(steps.values())
