"""Windows of records that are not in the archive yet: they lie in segments for up to an hour, and pages show them at once."""

import contextlib
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import UnshelfError
from unshelf.develop.datasets.processes import DataProcesses
from unshelf.foundation.database.engine import Database
from unshelf.monitor.windows.counting import Counted
from unshelf.monitor.windows.intake import WindowIntake
from unshelf.monitor.windows.messages import DayCounted
from unshelf.monitor.windows.tables import CountedDayRow, WindowReferenceRow
from unshelf.records.archive.layout import segments
from unshelf.records.profiles.storing import unpack

_KEPT_SECONDS = 15.0
"""How long what was read of a model's segments is shown again."""
_MOST_MODELS = 100
_TRIES = 2


class LiveHour(NamedTuple):
    """Records of an hour of a version that are not in the archive yet."""

    start: datetime
    version: int
    counted: Counted


class _Look(NamedTuple):
    """Records of a model's segments, counted a moment ago."""

    at: float
    hours: list[LiveHour]
    segments: dict[int, frozenset[str]]
    """By version: the segments that its records come from."""


class LiveWindows:
    """Counts what lies in segments, for those who look at a model. For any thread."""

    def __init__(self, database: Database, intake: WindowIntake) -> None:
        self._database = database
        self._intake = intake
        self._processes = DataProcesses(intake.run_folder)
        self._lock = threading.Lock()
        self._turns: dict[str, threading.Lock] = {}
        self._looks: dict[str, _Look] = {}

    @contextlib.contextmanager
    def with_stored(self, model: str, *, live: bool) -> Iterator[tuple[Session, list[LiveHour]]]:
        """Open a session that reads what is stored, with what is in segments and is not: no record is in both.

        Where segments can't be read, or are being counted at this moment, what is stored is all there is."""
        look = self._look(model) if live else None
        for tries in range(_TRIES):
            with self._database.read() as session:
                if look is None or not self._is_counted(session, model, look) or tries == _TRIES - 1:
                    hours = [] if look is None or self._is_counted(session, model, look) else look.hours
                    yield session, hours
                    return
            self._looks.pop(model, None)
            look = self._look(model)

    def _look(self, model: str) -> _Look | None:
        with self._turn(model):  # callers that come together share one process
            known = self._looks.get(model)
            if known is not None and time.monotonic() - known.at < _KEPT_SECONDS:
                return known
            if not segments(self._intake.predictions):
                return None
            try:
                look = self._read(model)
            except UnshelfError:
                return None
            self._looks[model] = look
            return look

    def _turn(self, model: str) -> threading.Lock:
        with self._lock:
            if len(self._turns) >= _MOST_MODELS:
                self._looks.clear()
                self._turns.clear()
            return self._turns.setdefault(model, threading.Lock())

    def _read(self, model: str) -> _Look:
        begun = time.monotonic()
        with self._processes.scratch() as scratch:
            versions = select(WindowReferenceRow.version).where(WindowReferenceRow.model == model)
            with self._database.read() as session:
                known = list(session.scalars(versions)) or [0]
                orders = [self._intake.scratch_order(scratch, session, model, version, "") for version in known]
            done = self._intake.order(scratch, orders, live=True)

            def read(name: str) -> bytes:
                return (scratch / name).read_bytes()

            hours = [
                LiveHour(
                    start=datetime.fromtimestamp(window.start, UTC), version=day.version,
                    counted=Counted(
                        requests=window.requests, rows=window.rows, errors=window.errors,
                        timings=unpack(read(window.timings)), profile=unpack(read(window.profile)),
                    ),
                )
                for day in done for window in day.windows if window.hours == 1
            ]  # fmt: skip
        return _Look(at=begun, hours=hours, segments=_by_version(done))

    def _is_counted(self, session: Session, model: str, look: _Look) -> bool:
        """Whether some of what was read was counted meanwhile."""
        days = {hour.start.date().isoformat() for hour in look.hours}
        rows = select(CountedDayRow.version, CountedDayRow.segments).where(
            CountedDayRow.model == model, CountedDayRow.day.in_(sorted(days))
        )
        return any(look.segments.get(version, frozenset()) & set(known) for version, known in session.execute(rows))


def _by_version(done: list[DayCounted]) -> dict[int, frozenset[str]]:
    found: dict[int, frozenset[str]] = {}
    for day in done:
        found[day.version] = found.get(day.version, frozenset()) | frozenset(day.segments)
    return found
