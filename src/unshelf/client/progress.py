"""Progress of a deploy as plain lines, one when a step ends: for notebooks, logs and pipes."""

import sys
from typing import IO

from unshelf.client.printable import printable
from unshelf.client.results import Deployed, Event

STEPS = {
    "bundle": "bundle the model",
    "upload": "send its files",
    "lock": "lock the environment",
    "build": "build the environment",
    "check": "check the model",
    "register": "register the version",
    "start": "start a replica",
    "release": "release",
}
"""step → what it does, in the order in which they happen."""


class PlainProgress:
    """Writes a line for each step that ends and for what a step says meanwhile."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream = stream or sys.stdout

    def __call__(self, event: Event) -> None:
        """Write what there is to write of an event."""
        if event.state == "started":
            return
        mark = {"done": "✓", "failed": "✗"}.get(event.state, "·")
        took = f"{event.seconds:6.2f} s" if event.seconds is not None else " " * 8
        said = f"  {event.detail}" if event.detail else ""
        self._stream.write(printable(f"{mark} {STEPS.get(event.step, event.step):<22}{took}{said}") + "\n")
        self._stream.flush()

    def close(self, deployed: Deployed) -> None:
        """Write where the version is now."""
        self._stream.write(printable(str(deployed)) + "\n")
        self._stream.flush()
