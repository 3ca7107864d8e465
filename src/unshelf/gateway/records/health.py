"""The health of the recorder: a failure is counted and reported, and probed once a second until the disk has room again.

A gateway that is not ready gets no traffic from a load balancer, so the next prediction can't be what shows that the disk
takes records again."""

import asyncio
import os
from pathlib import Path

from unshelf.gateway.prediction import Prediction
from unshelf.gateway.records.recorder import Recorder
from unshelf.gateway.telemetry.counters import Counters

_SECONDS = 1.0
_ROOM_BYTES = 64 << 10
"""Free bytes with which recording counts as working again."""


class RecorderHealth:
    """Looks after a recorder from its first failure until it works."""

    def __init__(self, recorder: Recorder, counters: Counters, folder: Path, gateway: int) -> None:
        self._recorder = recorder
        self._counters = counters
        self._trial = folder / f".room-{gateway}"
        self._next: asyncio.TimerHandle | None = None
        recorder.on_failure = self.failed
        counters.recording(works=True)
        if not recorder.working:
            self.failed([])

    def failed(self, predictions: list[Prediction]) -> None:
        """Take note of predictions that could not be recorded."""
        self._counters.lost(predictions)
        self._counters.recording(works=False)
        if self._next is None:
            self._look_again()

    def close(self) -> None:
        """Stop probing."""
        if self._next is not None:
            self._next.cancel()

    def _look_again(self) -> None:
        self._next = asyncio.get_running_loop().call_later(_SECONDS, self._look)

    def _look(self) -> None:
        self._next = None
        if self._recorder.working or self._has_room():
            self._recorder.working = True
            self._counters.recording(works=True)
        else:
            self._look_again()

    def _has_room(self) -> bool:
        try:
            self._trial.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._trial, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, _ROOM_BYTES)
            finally:
                os.close(descriptor)
                self._trial.unlink()
        except OSError:
            return False
        return True
