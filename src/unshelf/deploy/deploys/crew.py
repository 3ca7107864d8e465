"""A small crew of threads that works off jobs, first come, first served."""

import logging
import queue
import threading
from collections.abc import Callable

logger = logging.getLogger(__name__)

Job = Callable[[], None]


class Crew:
    """Threads that don't keep the process alive: what they were at when it ended is taken up at the next start."""

    def __init__(self, size: int, *, name: str) -> None:
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{index}", daemon=True) for index in range(size)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, job: Job) -> None:
        """Have a job done by the next thread that is free."""
        self._jobs.put(job)

    def close(self) -> None:
        """Let each thread end after the jobs before this call."""
        for _ in self._threads:
            self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job()
            except Exception:  # a job answers for its own errors; the thread must live on for the next
                logger.exception("job failed")
