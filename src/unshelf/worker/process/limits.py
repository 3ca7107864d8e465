"""Limits: a worker puts itself under those that its host has chosen, before it opens the model."""

import resource
import sys
import threading
from pathlib import Path

from .config import ConfiguredLimits


class ProcessLimits:
    """The limits of this process, and which of them really hold."""

    def __init__(self) -> None:
        self._moving: threading.Thread | None = None
        self.held: list[str] = []
        self.memory_by_rlimit = False
        """Allocations beyond the limit are refused, which Python shows as MemoryError, instead of the process being killed."""

    def begin(self, wanted: ConfiguredLimits) -> None:
        """Begin to apply what the host wants, before any thread runs. The system takes its time to move a whole process into a
        group (10 ms and more), so this goes on while the model is loaded; a first thread that moves itself is quick."""
        if all(group.joined or group.file.endswith("/tasks") for group in wanted.groups):
            self._apply(wanted)
            return
        self._moving = threading.Thread(target=self._apply, args=(wanted,), name="unshelf-limits", daemon=True)
        self._moving.start()

    def finish(self) -> None:
        """Return when every limit holds that can be had."""
        if self._moving is not None:
            self._moving.join()

    def _apply(self, wanted: ConfiguredLimits) -> None:
        """Join the groups that the host made; for memory that none of them limits, limit our own data segment."""
        memory_held = False
        joined: set[str] = set()
        for group in wanted.groups:
            try:
                if not group.joined and group.file not in joined:
                    Path(group.file).write_text("0")
                joined.add(group.file)
            except OSError as error:
                sys.stderr.write(f"could not join {group.file}: {error}\n")
                continue
            self.held.append(group.holds)
            memory_held = memory_held or group.memory
        if wanted.memory_bytes and not memory_held:
            self._limit_data(wanted.memory_bytes, wanted.memory_text)

    def _limit_data(self, size: int, text: str) -> None:
        # What is there already is the interpreter's, or shared with the zygote: the limit is for what comes.
        try:
            limit = _data_bytes() + size
            resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
        except (OSError, ValueError) as error:
            sys.stderr.write(f"could not limit the memory: {error}\n")
            return
        self.memory_by_rlimit = True
        self.held.append(f"memory {text} (rlimit)")


def _data_bytes() -> int:
    """The size of our data segment."""
    return int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
