"""Upkeep: has closed segments become Parquet soon after they are closed, small files one, and old records go."""

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from unshelf.contracts.records import is_closed
from unshelf.monitor.predictions.archive import segments, today
from unshelf.monitor.predictions.compacting import Compacted
from unshelf.monitor.predictions.merging import is_due
from unshelf.monitor.predictions.retention import discard_leftovers, retain

logger = logging.getLogger(__name__)
_lines = msgspec.json.Decoder(Compacted)


class Upkeep:
    """A thread that looks for closed segments every few seconds, and for old records and small files at once and every hour.

    The work on segments is done by a process of low priority (see compacting), which lasts as long as there is something to
    do: it would keep this one from answering, and leave it large."""

    def __init__(
        self,
        folder: Path,
        routing_table: Path,
        *,
        days: int | None,
        max_bytes: int | None,
        seconds: float = 5.0,
        hourly: float = 3600.0,
        after_failure: float = 60.0,
        compacted: Callable[[Compacted], None] | None = None,
    ) -> None:
        """`compacted` is told of each segment that became Parquet."""
        self._told = compacted
        self._folder = folder
        self._routing_table = routing_table
        self._days = days
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._hourly = hourly
        self._after_failure = after_failure
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="records", daemon=True)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; a segment that is under way is taken up by the next one."""
        self._ended.set()
        process = self._process
        if process is not None:
            process.terminate()
        self._thread.join(2.0)

    def compact(self) -> bool:
        """Have every closed segment become Parquet; tells whether all went well."""
        if not any(map(is_closed, segments(self._folder).values())):
            return True
        status = self._have_done("compacting", str(self._folder), str(self._routing_table))
        if status and not self._ended.is_set():
            logger.error("segments could not all be compacted", extra={"status": status})
        return status == 0

    def merge(self) -> bool:
        """Have the small files of a day become one; tells whether all went well."""
        if not is_due(self._folder):
            return True
        status = self._have_done("merging", str(self._folder))
        if status and not self._ended.is_set():
            logger.error("files of records could not all be merged", extra={"status": status})
        return status == 0

    def _have_done(self, what: str, *arguments: str) -> int:
        """Run the module of this name in a process of its own; its exit status."""
        command = [sys.executable, "-P", "-m", f"unshelf.monitor.predictions.{what}", *arguments]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
            self._process = process
            if self._ended.is_set():
                process.terminate()
            for line in process.stdout or ():
                self._note(_lines.decode(line))
        self._process = None
        return process.returncode

    def _note(self, done: Compacted) -> None:
        if self._told is not None:
            self._told(done)
        if done.kept_aside:
            logger.error("a segment was damaged and is kept aside", extra=msgspec.to_builtins(done))
        elif done.torn_bytes:
            logger.warning("a segment ended in a torn tail, which was left out", extra=msgspec.to_builtins(done))

    def _run(self) -> None:
        pause, retain_at = 0.0, 0.0
        while not self._ended.wait(pause):
            pause = self._after_failure
            try:
                if self.compact():
                    pause = self._seconds
                if time.monotonic() >= retain_at:
                    discard_leftovers(self._folder)
                    retain(self._folder, days=self._days, max_bytes=self._max_bytes, today=today())
                    self.merge()
                    retain_at = time.monotonic() + self._hourly
            except Exception:  # the thread must outlive a full disk: it tries again
                logger.exception("the upkeep of prediction records failed")
