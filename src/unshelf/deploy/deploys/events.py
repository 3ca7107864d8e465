"""What happens in a deploy, as events: made by one thread, followed live by any number of readers, each from the first on."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, Literal

import msgspec

from unshelf.deploy.deploys.schemas import DeployStep, Step


class Event(msgspec.Struct, frozen=True, kw_only=True):
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


def encode_event(event: Event | End) -> str:
    """The event as a line of JSON, as readers get it."""
    return msgspec.json.encode(event).decode()


class EventLog:
    """The events of one deploy that runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: list[str] = []
        self._ended = False
        self._readers: set[Callable[[], None]] = set()

    def append(self, event: Event | End) -> None:
        """Add an event and wake all readers. After an End nothing more may come."""
        with self._lock:
            self._lines.append(encode_event(event))
            self._ended = isinstance(event, End)
            for wake in self._readers:
                wake()

    def since(self, position: int) -> tuple[list[str], bool]:
        """The events from a position on, as JSON, and whether the last one is among them."""
        with self._lock:
            return self._lines[position:], self._ended

    def abandon(self) -> None:
        """No event comes any more, and no End either: the deploy could not even be ended. No-op after an End."""
        with self._lock:
            self._ended = True
            for wake in self._readers:
                wake()

    async def follow(self) -> AsyncIterator[str]:
        """Every event as JSON, from the first on, until the end. A reader may leave at any time: nothing of it stays here."""
        loop = asyncio.get_running_loop()
        arrived = asyncio.Event()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the reader's loop was closed before it could leave
                loop.call_soon_threadsafe(arrived.set)

        with self._lock:
            self._readers.add(wake)
        try:
            position, ended = 0, False
            while not ended:
                arrived.clear()
                lines, ended = self.since(position)
                for line in lines:
                    yield line
                position += len(lines)
                if not ended:
                    await arrived.wait()
        finally:
            with self._lock:
                self._readers.discard(wake)


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
