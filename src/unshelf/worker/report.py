"""What a worker tells its host: one JSON object a line on the report pipe."""

import json
import os
import select
import time
from typing import Any

_EVERY_SECONDS = 1.0


class Reporter:
    """Writes events to the host. A host that is gone or does not read is no reason to stop predicting."""

    def __init__(self, fd: int) -> None:
        os.set_inheritable(fd, False)  # programs that the model starts have nothing to say to the host
        self._fd = fd

    def would_wait(self) -> bool:
        """Whether the host is behind with its reading."""
        return not select.select([], [self._fd], [], 0)[1]

    def send(self, event: str, **fields: Any) -> None:
        """Tell the host, waiting for as long as it takes to read it all."""
        line = json.dumps({"event": event, **fields}).encode() + b"\n"
        try:
            while line:
                line = line[os.write(self._fd, line) :]
        except BrokenPipeError:
            return


class Usage:
    """How much a serving worker is used; told at most once a second, so that the host knows which ones are idle."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._requests = self._told = 0
        self._last_used = self._last_told = 0.0

    def count(self, requests: int) -> None:
        """So many were answered just now."""
        self._requests += requests
        self._last_used = time.time()

    def busy(self) -> None:
        """It is at work on what takes long, and so not idle."""
        self._last_used = time.time()
        self._told = -1

    def tell(self) -> float | None:
        """Tell the host if there is something new and it is time; the seconds until there will be (None: nothing new)."""
        if self._requests == self._told:
            return None
        wait = self._last_told + _EVERY_SECONDS - time.monotonic()
        if wait > 0:
            return wait
        if self._reporter.would_wait():
            return _EVERY_SECONDS
        self._reporter.send("used", requests=self._requests, last_used=self._last_used)
        self._told = self._requests
        self._last_told = time.monotonic()
        return None
