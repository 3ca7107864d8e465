"""Connections that programs were refused: written into the log of their version, and kept until control takes them."""

import logging
import time
from collections import Counter

from unshelf.contracts.network.grants import line_for, read_grant
from unshelf.contracts.protocols.host import RefusedConnection
from unshelf.contracts.protocols.jobs import RefusedPlace
from unshelf.host.launch.logs import WorkerLogs

logger = logging.getLogger(__name__)

_MOST_KEPT = 1000
_MOST_PLACE = 300
_SAID_AGAIN_SECONDS = 60.0
_MOST_SAID = 1000
_MOST_OF_AN_ATTEMPT = 20
_EVERY_OTHER = "*"


class Refusals:
    """Counts refusals by version and place; how many are kept is bounded, whatever programs do."""

    def __init__(self, logs: WorkerLogs) -> None:
        self._logs = logs
        self._counts: Counter[tuple[str, int, str, str]] = Counter()
        self._said: dict[tuple[str, int, str], float] = {}

    def note(self, model: str, version: int, place: str, reason: str, count: int = 1) -> None:
        """Count connections of a version (0: its check) to a place, `host:port`."""
        place = place[:_MOST_PLACE]
        key = (model, version, place, reason[:_MOST_PLACE])
        if key not in self._counts and len(self._counts) >= _MOST_KEPT:
            key = (model, version, _EVERY_OTHER, "")
        self._counts[key] += max(1, count)
        self._say(model, version, place, reason)

    def take(self) -> list[RefusedConnection]:
        """Return what was counted since the last time."""
        taken, self._counts = self._counts, Counter()
        return [
            RefusedConnection(model=model, version=version, place=place, reason=reason, count=count)
            for (model, version, place, reason), count in taken.items()
        ]

    def _say(self, model: str, version: int, place: str, reason: str) -> None:
        """Write a line into the log of the version, at most once a minute for each place."""
        key, now = (model, version, place), time.monotonic()
        if not version or now - self._said.get(key, -_SAID_AGAIN_SECONDS) < _SAID_AGAIN_SECONDS:
            return
        if len(self._said) >= _MOST_SAID:
            self._said = {each: at for each, at in self._said.items() if now - at < _SAID_AGAIN_SECONDS}
        if len(self._said) >= _MOST_SAID:
            return
        self._said[key] = now
        try:
            self._logs.say(model, version, "network", sentence(model, place, reason))
        except OSError as error:
            logger.warning("a refused connection can't be written into a log", extra={"reason": str(error)})


class JobRefusals:
    """Counts refusals by attempt of a job and place, until its outcome takes them; how many are kept is bounded."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, int], Counter[tuple[str, str]]] = {}

    def note(self, job: str, number: int, place: str, reason: str, count: int) -> None:
        """Count connections of an attempt to a place, `host:port`."""
        counts = self._counts.setdefault((job, number), Counter())
        key = place[:_MOST_PLACE], reason[:_MOST_PLACE]
        counts[key if key in counts or len(counts) < _MOST_OF_AN_ATTEMPT else (_EVERY_OTHER, "")] += max(1, count)

    def take(self, job: str, number: int) -> list[RefusedPlace]:
        """Return what was counted of an attempt that has ended, and forget it."""
        counts = self._counts.pop((job, number), Counter())
        return [RefusedPlace(place=place, reason=reason, count=count) for (place, reason), count in counts.items()]


def sentence(model: str, place: str, reason: str) -> str:
    """Say what was refused, and what its owner can do."""
    shown = ascii(place)[1:-1]
    try:
        grant = str(read_grant(place))
    except ValueError:
        return f"The connection to {shown} was refused: {reason}."
    return (
        f"The connection to {shown} was refused: {reason}. Grant it with {line_for([grant])} in unshelf.toml, or with "
        f"`unshelf network {model} --allow {grant}`."
    )
