"""A worker's reports to its host: the worker's own writer of contracts.protocols.worker; one JSON object a line."""

import json
import os
import select
import time
from typing import Any

from ..errors import CheckFailed, readable

_EVERY_SECONDS = 1.0


class Reporter:
    """Writes reports to the host. A host that is gone or does not read is no reason to stop predicting."""

    def __init__(self, fd: int) -> None:
        os.set_inheritable(fd, False)  # programs that the model starts have nothing to say to the host
        self._fd = fd

    def would_wait(self) -> bool:
        """Whether the host is behind with its reading."""
        return not select.select([], [self._fd], [], 0)[1]

    def serving(self, *, load_seconds: float, limits: "list[str]", address: str) -> None:
        """Report that a frame would be answered now."""
        self._send("serving", load_seconds=load_seconds, limits=limits, address=address)

    def used(self, *, requests: int, last_used: float) -> None:
        """Report the requests answered so far and the time of the last use."""
        self._send("used", requests=requests, last_used=last_used)

    def refused(self, place: str) -> None:
        """Report that a connection to this place, which is not granted, did not come about; nothing when the host is behind."""
        if not self.would_wait():
            self._send("refused", place=place)

    def out_of_memory(self) -> None:
        """Report that our own limit refused memory to the model."""
        self._send("out_of_memory")

    def step(self, step: str) -> None:
        """Report that a check begins this part."""
        self._send("step", step=step)

    def checked(self, **found: Any) -> None:
        """Report what a check found; the fields are those of contracts.bundle.Checks."""
        self._send("checked", **found)

    def failed(self, failure: CheckFailed) -> None:
        """Report why a check or a start failed."""
        texts = {"reason": failure.reason, "hint": failure.hint, "traceback": failure.traceback}
        self._send("failed", step=failure.step, **{name: readable(text) for name, text in texts.items()})

    def _send(self, event: str, **fields: Any) -> None:
        """Write the report, waiting until the host has read it all."""
        line = json.dumps({"event": event, **fields}).encode() + b"\n"
        try:
            while line:
                line = line[os.write(self._fd, line) :]
        except BrokenPipeError:
            return


class Usage:
    """Use of a serving worker, reported at most once a second, so that the host knows which workers are idle."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._requests = self._reported = 0
        self._last_used = self._last_reported = 0.0

    def count(self, requests: int) -> None:
        """Count requests that were just answered."""
        self._requests += requests
        self._last_used = time.time()

    def busy(self) -> None:
        """Note that the worker is at work on a long answer, and so not idle."""
        self._last_used = time.time()
        self._reported = -1

    def report(self) -> "float | None":
        """Report to the host if there is news and it is time; return the seconds until the next report (None: no news)."""
        if self._requests == self._reported:
            return None
        wait = self._last_reported + _EVERY_SECONDS - time.monotonic()
        if wait > 0:
            return wait
        if self._reporter.would_wait():
            return _EVERY_SECONDS
        self._reporter.used(requests=self._requests, last_used=self._last_used)
        self._reported = self._requests
        self._last_reported = time.monotonic()
        return None
