"""The segment writer: every outcome is in the page cache, one write a loop tick, before its caller hears of it."""

import asyncio
import contextlib
import logging
import os
import secrets
import time
from pathlib import Path

from unshelf.contracts.records import MAGIC, SEGMENT_SUFFIX, encode_record
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.problems import Refused

logger = logging.getLogger(__name__)


class Segment:
    """One append-only file. After an error it is not written again, so that a torn frame can only be its tail."""

    def __init__(self, folder: Path, gateway: int) -> None:
        stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
        name = f"{stamp}{time.time_ns() % 1_000_000_000:09d}-{gateway}-{secrets.token_hex(4)}{SEGMENT_SUFFIX}"
        self.path = folder / name
        self._descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.size = 0
        try:
            self.append(MAGIC)
        except OSError:
            self.close()
            raise

    def append(self, data: bytes) -> None:
        """Write all of it. On an OSError as much of it as possible is taken back."""
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError:
            # Whoever waits for these records is told that they could not be recorded, so they should not stand here.
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self.size)
            raise
        self.size += len(data)

    def close(self) -> None:
        """Close it; one without records is removed."""
        os.close(self._descriptor)
        if self.size <= len(MAGIC):
            self.path.unlink(missing_ok=True)


class Recorder:
    """Collects the outcomes of one tick of the loop, writes them at once, then releases their answers."""

    def __init__(self, folder: Path, *, gateway: int, segment_bytes: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.recorded = 0
        self._folder = folder
        self._gateway = gateway
        self._segment_bytes = segment_bytes
        self._loop = asyncio.get_running_loop()
        self._batch: list[Prediction] = []
        self._segment: Segment | None = Segment(folder, gateway)

    @property
    def working(self) -> bool:
        """Whether the last write went well."""
        return self._segment is not None

    def add(self, prediction: Prediction) -> None:
        """Take an outcome; `prediction.outcome` is done when it is written, in this tick of the loop."""
        if not self._batch:
            self._loop.call_soon(self.flush)
        self._batch.append(prediction)

    def flush(self) -> None:
        """Write what is there, and release the answers. What can't be recorded is not answered as if it were."""
        batch, self._batch = self._batch, []
        if not batch:
            return
        now = time.perf_counter_ns()
        try:
            self._append(b"".join([encode_record(prediction.record(now)) for prediction in batch]))
            self.recorded += len(batch)
        except OSError as error:
            logger.error("predictions can't be recorded", extra={"count": len(batch), "error": str(error)})
            for prediction in batch:
                prediction.refuse(_unrecordable())
        for prediction in batch:
            if not prediction.outcome.done():
                prediction.outcome.set_result(None)

    def close(self) -> None:
        """Write what is left and close the segment."""
        self.flush()
        if self._segment is not None:
            self._segment.close()
            self._segment = None

    def _append(self, data: bytes) -> None:
        if self._segment is None or self._segment.size >= self._segment_bytes:
            # The next one is opened first: when that fails, the error is about this batch and the old one stays.
            segment = Segment(self._folder, self._gateway)
            if self._segment is not None:
                self._segment.close()
            self._segment = segment
        try:
            self._segment.append(data)
        except OSError:
            self._segment.close()
            self._segment = None
            raise


def _unrecordable() -> Refused:
    return Refused(
        "unavailable", "the server cannot record predictions at the moment, so it gives none",
        hint="the operator finds the reason in the gateway's log; mostly the disk is full", retry_after=5,
    )  # fmt: skip
