"""Followers of jobs: each hears of states and output as they come, from the beginning on, whichever control does the work."""

import asyncio
import codecs
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import msgspec

from unshelf.contracts.errors import NotFound
from unshelf.develop.jobs.launcher import OutputPart

_POLL_SECONDS = 0.5
"""How soon a follower sees what another control did."""
_WAIT_SECONDS = 5.0
_READERS = 64


@dataclass(frozen=True, kw_only=True)
class JobReading:
    """A job as its followers see it."""

    state: str
    reason: str
    attempts: int
    is_over: bool
    position: int | None
    results: dict[str, Any] | None


Read = Callable[[str], JobReading | None]
"""Reads a job; None: it is gone."""
ReadOutput = Callable[[str, int, int, float], OutputPart]
"""Reads what an attempt printed from a byte on, and waits up to the given seconds for something to be there."""


class JobFollowers:
    """The readers that follow jobs."""

    def __init__(self, read: Read, read_output: ReadOutput) -> None:
        self._read = read
        self._read_output = read_output
        self._lock = threading.Lock()
        self._wakers: dict[str, set[Callable[[], None]]] = {}
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="job-output")
        """Threads of their own: those who wait for output must not keep others from the shared ones."""

    def wake(self, jobs: Sequence[str]) -> None:
        """Have those who follow these jobs look at once."""
        with self._lock:
            for job in jobs:
                for waker in self._wakers.get(job, ()):
                    waker()

    async def follow(self, job: str, *, output: bool) -> AsyncIterator[str]:
        """Yield each state, what the attempts print, and the end, as lines of JSON. A reader may leave at any time."""
        with self._woken(job) as changed:
            shown: tuple[object, ...] | None = None
            printed = _Printed(self, job)
            while True:
                changed.clear()
                reading = await asyncio.to_thread(self._read, job)
                if reading is None:
                    return
                now_shown = (reading.state, reading.reason, reading.attempts, reading.position)
                if now_shown != shown:
                    shown = now_shown
                    yield _line(
                        type="state", state=reading.state, reason=reading.reason, attempt=reading.attempts,
                        position=reading.position,
                    )  # fmt: skip
                if output:
                    async for line in printed.more(reading, changed):
                        yield line
                if reading.is_over:
                    yield _line(type="end", state=reading.state, reason=reading.reason, results=reading.results)
                    return
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_POLL_SECONDS):
                        await changed.wait()

    async def read_output(self, job: str, number: int, offset: int, wait: float) -> OutputPart:
        """Read output in a thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self._read_output, job, number, offset, wait)

    @contextlib.contextmanager
    def _woken(self, job: str) -> Iterator[asyncio.Event]:
        loop, changed = asyncio.get_running_loop(), asyncio.Event()

        def waker() -> None:
            with contextlib.suppress(RuntimeError):  # the reader's loop was closed before it could leave
                loop.call_soon_threadsafe(changed.set)

        with self._lock:
            self._wakers.setdefault(job, set()).add(waker)
        try:
            yield changed
        finally:
            with self._lock:
                self._wakers[job].discard(waker)
                if not self._wakers[job]:
                    del self._wakers[job]


class _Printed:
    """The part of a job's output that one follower has seen."""

    def __init__(self, followers: JobFollowers, job: str) -> None:
        self._followers = followers
        self._job = job
        self._attempt = 1
        self._offset = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    async def more(self, reading: JobReading, changed: asyncio.Event) -> AsyncIterator[str]:
        """Yield what was printed since, of each attempt, until nothing is there and the job's state may have changed."""
        while self._attempt <= reading.attempts:
            is_last = self._attempt == reading.attempts
            wait = _WAIT_SECONDS if is_last and reading.state == "running" and not changed.is_set() else 0.0
            try:
                part = await self._followers.read_output(self._job, self._attempt, self._offset, wait)
            except NotFound:  # it never began
                part = OutputPart(data=b"", is_over=True)
            self._offset += len(part.data)
            text = self._decoder.decode(part.data, part.is_over)
            if text:
                yield _line(type="output", attempt=self._attempt, text=text)
            if part.is_over and (not is_last or reading.is_over):
                self._attempt, self._offset = self._attempt + 1, 0
                self._decoder.reset()
            elif not part.data or part.is_over:
                return


def _line(**fields: Any) -> str:
    return msgspec.json.encode(fields).decode()
