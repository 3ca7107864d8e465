"""Scheduling of compaction, merging, moving and retention of prediction records."""

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from unshelf.contracts.protocols.records import Compacted
from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.records.archive.files import open_archive
from unshelf.records.archive.layout import ArchivedFile, segments, today
from unshelf.records.archive.merging import is_due
from unshelf.records.archive.retention import discard_leftovers, retain
from unshelf.records.archive.upgrade import remove_replaced
from unshelf.runtime.segment_reader import is_closed

logger = logging.getLogger(__name__)
_lines = msgspec.json.Decoder(Compacted)


class CompactionScheduler:
    """A loop that looks for closed segments every few seconds, and at the start and every hour for old records and small files.

    Compaction and merging run in processes of low priority, which last as long as there is something to do: in this one they would
    keep requests waiting, and leave it large."""

    def __init__(
        self,
        folder: Path,
        run_folder: Path,
        *,
        setting: str = "files",
        s3_endpoint: str = "",
        days: int | None,
        max_bytes: int | None,
        seconds: float = 5.0,
        hourly: float = 3600.0,
        after_failure: float = 60.0,
        compacted: Callable[[Compacted], None] | None = None,
        removing: Callable[[Sequence[ArchivedFile], str], object] | None = None,
    ) -> None:
        """`setting` is `files` or `s3://BUCKET/PREFIX`; `compacted` is called for each segment that became Parquet, `removing` before
        files are removed because of their age or number, with the reason."""
        self._removing = removing
        self._compacted = compacted
        self._folder = folder
        self._setting = setting
        self._s3_endpoint = s3_endpoint
        self._archive = open_archive(folder, setting=setting, s3_endpoint=s3_endpoint)
        self._run_folder = run_folder
        self._days = days
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._hourly = hourly
        self._after_failure = after_failure
        self._retain_at = 0.0
        self._upgraded = False
        self._ended = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None

    def loop(self) -> PeriodicLoop:
        """Return the loop that does it all."""
        return PeriodicLoop(name="compaction", act=self.run, every=self._seconds, retry=self._after_failure)

    def stop(self) -> None:
        """Cut short what is under way; a segment that is not done is taken up by the next control. Nothing is begun any more."""
        self._ended.set()
        process = self._process
        if process is not None:
            process.terminate()

    def run(self) -> float | None:
        """Compact, and every hour delete what is old and merge what is small; gives the seconds until the next try after a failure."""
        if not self._upgraded:
            remove_replaced(self._archive)
            self._upgraded = True
        done = self.compact()
        if time.monotonic() >= self._retain_at:
            discard_leftovers(self._folder)
            retain(self._archive, days=self._days, max_bytes=self._max_bytes, today=today(), removing=self._removing)
            self.merge()
            self._retain_at = time.monotonic() + self._hourly
        return None if done else self._after_failure

    def compact(self) -> bool:
        """Compact every closed segment; False when one could not be."""
        if not any(map(is_closed, segments(self._folder).values())):
            return True
        if self._ended.is_set():
            return True
        status = self._run_module("compaction", str(self._folder), str(self._run_folder))
        if status and not self._ended.is_set():
            logger.error("segments could not all be compacted", extra={"status": status})
        return status == 0

    def merge(self) -> bool:
        """Merge the small files of a day, and move files to S3 where the setting says so; False when one could not be."""
        if not is_due(self._archive):
            return True
        status = self._run_module("merging", str(self._folder), self._setting, self._s3_endpoint)
        if status and not self._ended.is_set():
            logger.error("files of records could not all be merged and moved", extra={"status": status})
        return status == 0

    def _run_module(self, name: str, *arguments: str) -> int:
        """Run a module in a process of its own; return its exit status."""
        command = [sys.executable, "-P", "-m", f"unshelf.records.archive.{name}", *arguments]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
            self._process = process
            if self._ended.is_set():
                process.terminate()
            for line in process.stdout or ():
                self._report(_lines.decode(line))
        self._process = None
        return process.returncode

    def _report(self, done: Compacted) -> None:
        if self._compacted is not None:
            self._compacted(done)
        if done.kept_aside:
            logger.error("a segment was damaged and is kept aside", extra=msgspec.to_builtins(done))
        elif done.torn_bytes:
            logger.warning("a segment ended in a torn tail, which was left out", extra=msgspec.to_builtins(done))
