"""Intake of records into windows: finds what the archive has and was not counted, has a process count it, and stores the windows.

A record is counted once. The unit is a segment within a day of a version: rows go on naming their segment when files are merged or
moved, and the segments that were counted are stored in the transaction that stores their windows. Whatever is killed in between, the
next look finds what is missing and nothing else."""

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from unshelf.contracts.protocols.data import DataLimits
from unshelf.contracts.protocols.records import Compacted
from unshelf.develop.datasets.processes import DataProcesses, Program
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.ids import new_id
from unshelf.foundation.loops.claims import Claim
from unshelf.foundation.loops.loops import Loops, Postponed, QueueLoop
from unshelf.foundation.loops.tables import WorkRow
from unshelf.monitor.windows.by_count.storing import open_windows
from unshelf.monitor.windows.by_slice.storing import forget_slices, sliced_days
from unshelf.monitor.windows.messages import (
    CountAnswer,
    CountedWindow,
    CountOrder,
    DayCounted,
    DayOrder,
    DaysCounted,
    SlicedDay,
)
from unshelf.monitor.windows.past import PastFiller
from unshelf.monitor.windows.storing import ChangedMeanwhile, as_message, store_day, stored_windows
from unshelf.monitor.windows.tables import CountedDayRow, RecordWindowRow, WindowReferenceRow
from unshelf.records.archive.files import Archive
from unshelf.records.archive.layout import UNKNOWN, ArchivedFile, has_records_from_before, keys_aside, segments

QUEUE = "windows"
"""The loop's name."""
ALL = "all"
"""The piece of work that looks at the whole archive; others are named for a segment, and the first and last day of its records."""
PAST = "past "
"""The beginning of pieces of work that fill the past of a model's windows."""
SECONDS = 600.0
_LIVE_SECONDS = 20.0
_MEMORY_BYTES = 512 << 20
_BATCH_DAYS = 40
_BATCH_BYTES = 256 << 20
"""Bytes of files that one process counts; a day has more where its files do."""
_AGAIN_SECONDS = 5.0
_FEW_SEGMENTS = 3
_EVER = ("", "9")
"""A range with every day."""
_PROGRAM = "unshelf.monitor.windows.count_process"

logger = logging.getLogger(__name__)


class VersionDay(NamedTuple):
    """A day of a version's records."""

    model: str
    version: int
    day: str


@dataclass(frozen=True, kw_only=True)
class WindowSources:
    """Where windows come from: records, and what is known of their versions."""

    predictions: Path
    setting: str
    """Where the archive lies, as in the settings."""
    s3_endpoint: str
    run: Path
    archive: Archive
    baseline_of: Callable[[str, int], bytes | None]
    """Returns the stored profile of a version's baseline; None: it has none."""
    categories_of: Callable[[str, int], Collection[str]]
    """Returns the columns of profiles that are categories whatever their type: codes of classes."""


OnChange = Callable[[Collection[VersionDay]], object]
"""Called with the days whose windows changed."""


class WindowIntake:
    """Counts records as they become Parquet, and at the start those that nobody counted."""

    def __init__(self, database: Database, sources: WindowSources, loops: Loops) -> None:
        self._database = database
        self._sources = sources
        self._loops = loops
        self._processes = DataProcesses(sources.run)
        self._on_change: list[OnChange] = []
        self.sizes_of: Callable[[Session, str], Collection[int]] = _no_sizes
        """Returns the sizes of a model's windows of predictions."""
        self.slices_of: Callable[[Session, str], Collection[str]] = _no_slices
        """Returns the slices of a model that are counted, `COLUMN=VALUE` each."""
        self._past = PastFiller(database, self, self._processes.scratch)
        self._ended = threading.Event()
        self._unreadable: set[tuple[VersionDay, frozenset[str]]] = set()
        """Days that could not be counted, and their files then: they are tried again when these change, or after a restart."""

    def on_change(self, act: OnChange) -> None:
        """Have something done after windows have changed, in the control that counted. No transaction is open."""
        self._on_change.append(act)

    def loop(self) -> QueueLoop:
        """Return the loop that counts. All controls together do one piece of work at a time."""
        return QueueLoop(name=QUEUE, act=self.work, of_one_actor=1)

    def start(self) -> None:
        """Have the whole archive looked at."""
        self._add(ALL)

    def stop(self) -> None:
        """Cut short what is under way. Nothing is lost: what is not stored is counted by the next control."""
        self._ended.set()

    def asked(self, model: str) -> None:
        """A monitor asks for other windows of a model: have those filled that were never begun."""
        self._add(f"{PAST}{model}/{new_id()}")  # one of its own: what is under way may have begun before the question

    def compacted(self, done: Compacted) -> None:
        """A segment became Parquet: have it counted."""
        if done.days:
            self._add(f"{done.segment} {done.days[0]} {done.days[-1]}")

    def removing(self, files: Sequence[ArchivedFile], _reason: str) -> None:
        """Files are about to be removed because of their age or number: forget the days of which nothing is left."""
        going = {file.key for file in files}
        left = {file.partition for file in self._sources.archive.files() if file.key not in going}
        left |= {key.rpartition("/")[0] for key in keys_aside(self._sources.predictions)}
        with self._database.transaction() as session:
            for partition in sorted({file.partition for file in files} - left):
                _forget(session, version_day(partition))

    def has_uncounted(self, moment: datetime) -> bool:
        """Whether there may be records from before a moment that are not counted: in segments, or waiting for this loop."""
        if has_records_from_before(self._sources.predictions, moment):
            return True
        with self._database.read() as session:
            return session.scalar(select(WorkRow.key).where(WorkRow.loop == QUEUE).limit(1)) is not None

    def work(self, claim: Claim) -> None:
        """Count what one piece of work is about, up to the end of the claim."""
        if claim.key.startswith(PAST):
            self._past.fill_model(claim.key.removeprefix(PAST).partition("/")[0], claim)
        first, last = _EVER if self._many_wait() else _days_of(claim.key)
        for batch in _batches(self._uncounted(first, last)):
            self._count(batch, claim)
        with self._database.transaction() as session:
            claim.finish(session)

    def count_all(self) -> None:
        """Count whatever is not counted, now; for tests and the command line, where no loop runs."""
        for batch in _batches(self._uncounted(*_EVER)):
            self._count(batch, None)

    def order(self, scratch: Path, days: list[DayOrder], *, live: bool = False) -> list[DayCounted]:
        """Have a process count some days, or, for somebody who waits, what is not archived yet. Raises DataProblemError."""
        sources, seconds = self._sources, _LIVE_SECONDS if live else SECONDS
        limits = DataLimits(seconds=seconds, memory_bytes=_MEMORY_BYTES, threads=1, rows=0, output_bytes=0)
        order = CountOrder(
            folder=str(sources.predictions.absolute()), predictions=sources.setting, s3_endpoint=sources.s3_endpoint,
            run_folder=str(sources.run.absolute()), scratch=str(scratch), limits=limits, days=days, live=live,
        )  # fmt: skip
        environment = () if sources.setting == "files" else ("AWS_",)
        program = Program(module=_PROGRAM, environment=environment)
        watch = _go_on if live else self._go_on
        answer: DaysCounted = self._processes.ask_for(program, order, CountAnswer, seconds=seconds, watch=watch)
        return answer.days

    def scratch_order(self, scratch: Path, session: Session, model: str, version: int, day: str) -> DayOrder:
        """Return the order to count a day, with what is known of its version as files in a folder; without its windows."""
        known = session.get(WindowReferenceRow, (model, version))
        kinds, first = ({}, None) if known is None else (dict(known.kinds), known.first)
        return DayOrder(
            model=model, version=version, day=day, kinds=kinds,
            categories=[] if kinds else sorted(self._sources.categories_of(model, version)),
            baseline=_write(scratch, f"baseline-{model}-{version}", self._sources.baseline_of(model, version)),
            first=_write(scratch, f"first-{model}-{version}", first),
        )  # fmt: skip

    @property
    def run_folder(self) -> Path:
        """The folder for what processes need while they run."""
        return self._sources.run

    @property
    def predictions(self) -> Path:
        """The folder of the predictions."""
        return self._sources.predictions

    def _go_on(self) -> None:
        """Raise Postponed once the server stops: what is under way is cut short, and done by the next control."""
        if self._ended.is_set():
            raise Postponed("The server stops.", seconds=0.0)

    def _add(self, key: str) -> None:
        with self._database.transaction() as session:
            self._loops.add_work(session, QUEUE, key, actor=QUEUE)
        self._loops.wake(QUEUE)

    def _many_wait(self) -> bool:
        """Whether several segments wait, which are then counted together: each process takes a moment to start."""
        waiting = select(WorkRow.key).where(WorkRow.loop == QUEUE).limit(_FEW_SEGMENTS + 1)
        with self._database.read() as session:
            return len(session.scalars(waiting).all()) > _FEW_SEGMENTS

    def _uncounted(self, first: str, last: str) -> Iterator[tuple[VersionDay, list[ArchivedFile]]]:
        """Yield the days, from the first to the last, with files that are not counted; of each model the newest first."""
        archive = self._sources.archive
        present = segments(self._sources.predictions)
        by_model: dict[str, dict[VersionDay, list[ArchivedFile]]] = {}
        for file in archive.files(lambda model: model != UNKNOWN, without=present):
            if first <= file.day <= last:
                of_model = by_model.setdefault(file.model, {})
                of_model.setdefault(version_day(file.partition), []).append(file)
        for model, found in by_model.items():
            done = self._counted_files(model, first, last)
            for day, files in sorted(found.items(), key=lambda pair: pair[0].day, reverse=True):
                names = frozenset(file.name for file in files)
                if names - done.get(day, frozenset()) and (day, names) not in self._unreadable:
                    yield day, files

    def _counted_files(self, model: str, first: str, last: str) -> Mapping[VersionDay, frozenset[str]]:
        query = select(CountedDayRow).where(CountedDayRow.model == model, CountedDayRow.day.between(first, last))
        with self._database.read() as session:
            rows = session.scalars(query)
            return {VersionDay(row.model, row.version, row.day): frozenset(row.files) for row in rows}

    def _count(self, days: Mapping[VersionDay, list[ArchivedFile]], claim: Claim | None) -> None:
        """Count some days, and store each as it is counted."""
        self._past.fill({(day.model, day.version) for day in days}, claim)
        changed: list[VersionDay] = []
        is_again = False
        with self._processes.scratch() as scratch:
            with self._database.read() as session:
                orders, revisions = self._orders(scratch, session, days)
            for done in self.order(scratch, orders):
                day = VersionDay(done.model, done.version, done.day)
                if done.problem:
                    names = frozenset(file.name for file in days[day])
                    self._unreadable.add((day, names))
                    logger.error("records of a day can't be counted", extra={**day._asdict(), "reason": done.problem})
                elif done.again or not self._store(done, revisions[day], scratch, claim):
                    is_again = True
                else:
                    changed.append(day)
        if changed:
            for act in self._on_change:
                act(changed)
        if is_again:
            raise Postponed("Files were merged or moved while they were counted.", seconds=_AGAIN_SECONDS)

    def _orders(
        self, scratch: Path, session: Session, days: Iterable[VersionDay]
    ) -> tuple[list[DayOrder], dict[VersionDay, int | None]]:
        orders, revisions = [], {}
        opened: dict[tuple[str, int], list[CountedWindow]] = {}
        for number, day in enumerate(days):
            row = session.get(CountedDayRow, day)
            revisions[day] = None if row is None else row.revision
            windows = [
                as_message(
                    window, timings=_write(scratch, f"timings-{number}-{place}", window.timings),
                    profile=_write(scratch, f"profile-{number}-{place}", window.profile),
                )
                for place, window in enumerate(stored_windows(session, *day))
            ]  # fmt: skip
            order = self.scratch_order(scratch, session, *day)
            known = [] if row is None else row.segments
            if (day.model, day.version) not in opened:
                opened[day.model, day.version] = self._open(scratch, session, day)
            slices = self._slices(scratch, session, day)
            orders.append(
                _with(order, windows=windows, segments=known, open=opened[day.model, day.version], slices=slices)
            )
            session.expunge_all()  # profiles of many days are not kept in memory
        return orders, revisions

    def _open(self, scratch: Path, session: Session, day: VersionDay) -> list[CountedWindow]:
        """Return the open windows of predictions of a version."""
        sizes = self.sizes_of(session, day.model) if day.version else ()
        return open_windows(
            session, day.model, day.version, sizes, lambda name, content: _write(scratch, name, content)
        )

    def _slices(self, scratch: Path, session: Session, day: VersionDay) -> list[SlicedDay]:
        """Return what is known of the slices of a version on a day."""
        slices = self.slices_of(session, day.model) if day.version else ()
        return sliced_days(session, day, slices, lambda name, content: _write(scratch, name, content))

    def _store(self, done: DayCounted, revision: int | None, scratch: Path, claim: Claim | None) -> bool:
        """Store a day; False: others stored windows of it meanwhile. Raises ClaimLost."""
        try:
            with self._database.transaction() as session:
                if claim is not None:
                    claim.require(session)
                store_day(session, done, revision=revision, read=lambda name: (scratch / name).read_bytes())
        except ChangedMeanwhile:
            return False
        return True

    def prune(self, days: int | None) -> int:
        """Forget windows that are older than records are kept; gives how many days were forgotten. None: records are kept for good."""
        if days is None:
            return 0
        oldest = (now().date() - timedelta(days=days)).isoformat()
        with self._database.read() as session:
            old = session.execute(
                select(CountedDayRow.model, CountedDayRow.version, CountedDayRow.day).where(CountedDayRow.day < oldest)
            ).all()
        for model, version, day in old:
            with self._database.transaction() as session:
                _forget(session, VersionDay(model, version, day))
        return len(old)


def _no_sizes(_session: Session, _model: str) -> Collection[int]:
    """Stand in for monitors, where there are none."""
    return ()


def _no_slices(_session: Session, _model: str) -> Collection[str]:
    """Stand in for monitors, where there are none."""
    return ()


def _go_on() -> None:
    """Stand in for what ends a process before its time."""


def version_day(partition: str) -> VersionDay:
    """Return the day of a partition of the archive."""
    model, version, day = partition.split("/")
    return VersionDay(
        model.removeprefix("model="), int(version.removeprefix("version=")), day.removeprefix("day=")
    )  # fmt: skip


def _with(order: DayOrder, **changes: object) -> DayOrder:
    return msgspec.structs.replace(order, **changes)


def _forget(session: Session, day: VersionDay) -> None:
    start = datetime.fromisoformat(day.day).replace(tzinfo=UTC)
    of_version = (RecordWindowRow.model == day.model, RecordWindowRow.version == day.version)
    within = (RecordWindowRow.start >= start, RecordWindowRow.start < start + timedelta(days=1))
    session.execute(delete(RecordWindowRow).where(*of_version, *within))
    forget_slices(session, *day)
    session.execute(
        delete(CountedDayRow).where(
            CountedDayRow.model == day.model, CountedDayRow.version == day.version, CountedDayRow.day == day.day
        )
    )


def _days_of(key: str) -> tuple[str, str]:
    """Return the first and the last day that a piece of work is about."""
    parts = key.split(" ")
    return (parts[1], parts[2]) if len(parts) == 3 else _EVER


def _batches(
    found: Iterable[tuple[VersionDay, list[ArchivedFile]]],
) -> Iterator[dict[VersionDay, list[ArchivedFile]]]:
    batch: dict[VersionDay, list[ArchivedFile]] = {}
    size = 0
    for day, files in found:
        batch[day] = files
        size += sum(file.size for file in files)
        if len(batch) == _BATCH_DAYS or size >= _BATCH_BYTES:
            yield batch
            batch, size = {}, 0
    if batch:
        yield batch


def _write(scratch: Path, name: str, content: bytes | None) -> str:
    """Write a file for the process; empty: there is nothing to write."""
    if content is None:
        return ""
    (scratch / name).write_bytes(content)
    return name
