"""The machine's clock: whether it runs on evenly, and not behind what was written before. Tokens, schedules and records go by it."""

import time
from collections.abc import Callable
from datetime import datetime

from unshelf.contracts.machine import MachineCheck
from unshelf.foundation.clock import now

_NOTICED_SECONDS = 30.0
_TOLD_SECONDS = 3600.0


class ClockWatch:
    """Notices when the clock is set, and when it stands behind the newest event."""

    def __init__(
        self,
        newest: Callable[[], datetime | None],
        *,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """`newest`: when the newest event was written; None: there is none."""
        self._newest = newest
        self._wall = wall
        self._steady = steady
        self._offset = wall() - steady()
        self._jumped = 0.0
        """By how many seconds it was set last."""
        self._jumped_at = -_TOLD_SECONDS

    def check(self) -> MachineCheck:
        """Look once."""
        offset = self._wall() - self._steady()
        if abs(offset - self._offset) >= _NOTICED_SECONDS:
            self._jumped, self._jumped_at = offset - self._offset, self._steady()
        self._offset = offset
        newest = self._newest()
        behind = 0.0 if newest is None else (newest - now()).total_seconds()
        if behind >= _NOTICED_SECONDS:
            return MachineCheck(
                name="clock", state="fail", detail=f"the clock is {_shown(behind)} behind the newest event",
                hint="Set it right (chrony or systemd-timesyncd keep it so). Records and events written now have times of the past.",
            )  # fmt: skip
        if self._steady() - self._jumped_at < _TOLD_SECONDS:
            way = "forward" if self._jumped > 0 else "back"
            return MachineCheck(
                name="clock", state="warn", detail=f"the clock was set {way} by {_shown(abs(self._jumped))}",
                hint="Have it kept by chrony or systemd-timesyncd, which move it gently.",
            )  # fmt: skip
        return MachineCheck(name="clock", state="ok", detail="runs evenly")


def _shown(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.0f} hours"
