"""Progress of preparing, as the sender hears it."""

import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from unshelf.contracts.protocols.host import Progress, Step
from unshelf.host.artifacts.interpreters import Interpreter
from unshelf.host.artifacts.locks import Lock
from unshelf.host.prepare.turns import Turns

Say = Callable[[Progress], Awaitable[None]]


class ProgressReporter:
    """Tells the sender about the step at hand."""

    def __init__(self, id: int, say: Say) -> None:
        self._id = id
        self._say = say
        self._step: Step = "lock"
        self._began = 0.0

    async def begin(self, step: Step, detail: str) -> None:
        """Say that a step begins."""
        self._step, self._began = step, time.monotonic()
        await self._say(Progress(id=self._id, step=step, state="started", detail=detail))

    async def info(self, detail: str) -> None:
        """Say something about the step."""
        await self._say(Progress(id=self._id, step=self._step, state="info", detail=detail))

    async def done(self, detail: str) -> None:
        """Say that the step is done."""
        seconds = time.monotonic() - self._began
        await self._say(Progress(id=self._id, step=self._step, state="done", detail=detail, seconds=seconds))

    @contextlib.asynccontextmanager
    async def turn(self, turns: Turns, actor: str) -> AsyncIterator[None]:
        """Inside, it is this actor's turn; says so when it has to wait for it."""
        if not turns.is_free(actor):
            await self.info("waiting for a free place")
        async with turns.turn(actor):
            yield


def described(lock: Lock, interpreter: Interpreter) -> str:
    """The lock in a few words."""
    count = len(lock.packages)
    return f"{count} {'package' if count == 1 else 'packages'} for Python {interpreter.version}"
