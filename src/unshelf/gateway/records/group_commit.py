"""Group commit: records that must be on the disk before their answers leave wait for one flush together."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from unshelf.gateway.prediction import Prediction
from unshelf.gateway.records.segment import Segment

logger = logging.getLogger(__name__)
_Waiting = list[tuple[Segment, list[Prediction]]]


class GroupCommit:
    """Flushes in a thread, one flush at a time. Records that come while one runs wait for the next, which is one for them all."""

    def __init__(self, flushed: Callable[[list[Prediction], OSError | None], None]) -> None:
        self._flushed = flushed
        """Called with predictions whose records are on the disk, or with the error why they may not be."""
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="flush")
        self._waiting: _Waiting = []
        self._running: _Waiting = []

    def add(self, segment: Segment, predictions: list[Prediction]) -> None:
        """Take those whose records were just written to the segment."""
        segment.hold()
        self._waiting.append((segment, predictions))
        if not self._running:
            self._start()

    def close(self) -> None:
        """Flush what waits, here and now."""
        self._thread.shutdown(wait=True)
        left = self._running + self._waiting
        self._running, self._waiting = [], []
        if left:
            self._tell(left, _flush(segment for segment, _ in left))

    def _start(self) -> None:
        self._running, self._waiting = self._waiting, []
        segments = {segment for segment, _ in self._running}
        future = self._loop.run_in_executor(self._thread, _flush, segments)
        future.add_done_callback(partial(self._done, self._running))

    def _done(self, group: _Waiting, future: asyncio.Future[OSError | None]) -> None:
        if self._running is not group:
            return  # closed meanwhile
        self._running = []
        self._tell(group, future.result())
        if self._waiting:
            self._start()

    def _tell(self, group: _Waiting, error: OSError | None) -> None:
        for segment, predictions in group:
            segment.release()
            self._flushed(predictions, error)


def _flush(segments: Iterable[Segment]) -> OSError | None:
    try:
        for segment in segments:
            segment.flush()
    except OSError as error:
        return error
    return None
