"""Heartbeats: how a process tells the supervisor that its event loop still turns, and how that is heard."""

import asyncio
import contextlib
from pathlib import Path

BEAT_SECONDS = 1.0
LOOK_SECONDS = 1.0
START_LOOKS = 600
"""Looks after which a process that never beat does not answer either: at its start, control may have a database to bring up to date."""
SILENT_LOOKS = 20
"""Looks in a row without a beat after which a process does not answer. Looks are counted, not seconds: where the whole machine
slept, nobody is taken for hung."""


async def beat(file: Path) -> None:
    """Beat for ever."""
    while True:
        _touch(file)
        await asyncio.sleep(BEAT_SECONDS)


def _touch(file: Path) -> None:
    with contextlib.suppress(OSError):  # a disk that takes nothing: the process is well all the same
        file.touch()


class HeartbeatWatch:
    """Looks at the heartbeat of one process."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen_ns = 0
        self._silent = 0

    def reset(self) -> None:
        """Begin again, with a new process."""
        self._file.unlink(missing_ok=True)
        self._seen_ns = self._silent = 0

    def is_silent(self) -> bool:
        """Look, and tell whether it has not beaten for SILENT_LOOKS looks, or for START_LOOKS from its start on."""
        try:
            beat_ns = self._file.stat().st_mtime_ns
        except FileNotFoundError:
            beat_ns = 0
        if beat_ns != self._seen_ns:
            self._seen_ns, self._silent = beat_ns, 0
            return False
        self._silent += 1
        return self._silent >= (SILENT_LOOKS if beat_ns else START_LOOKS)
