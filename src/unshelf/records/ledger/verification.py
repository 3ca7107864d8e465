"""Verification of the files of records: what events say must be there is held against what is there."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import LoggedEvent
from unshelf.foundation.events.filters import EventFilter
from unshelf.foundation.events.store import EventStore
from unshelf.records.archive import journal
from unshelf.records.archive.files import Archive
from unshelf.records.archive.journal import FileDigest
from unshelf.records.archive.layout import ArchivedFile, name_aside
from unshelf.records.ledger.closing import ACCEPTED, CLOSED, MERGED, REMOVED

_MOST_FAULTS = 100
_LOOKS = 3
"""How often what differs is looked at again: files are merged and removed while this reads."""
_ADVICE = (
    "Put the file back from a backup. Where somebody answers for the difference: "
    "unshelf audit accept PATH --reason WHY; the fault stays in the log."
)
_ADVICE_OF_EVENTS = "The records of that time may be false: compare with a backup. The log keeps this fault for good."


@dataclass(frozen=True, kw_only=True)
class FileFault:
    """A file of records that is not as it was closed into the log."""

    path: str
    sequence: int | None
    """The event that closed it; None: no event tells of it, or it is not closed yet."""
    since: datetime | None
    """When it was closed: it is wrong since then at the earliest."""
    detail: str
    advice: str = _ADVICE


@dataclass(frozen=True, kw_only=True)
class FilesReport:
    """Result of verifying all files of records."""

    files: int
    """Files that must be there."""
    rows: int
    """Records in them."""
    pending: int
    """Files among them that are not closed into the log yet."""
    closed_at: datetime | None
    """When files were last closed into the log; None: never."""
    faults: list[FileFault]
    """Empty: all files are there and unchanged, and no others are. At most a hundred."""


@dataclass(frozen=True)
class _Place:
    """A file as an event or the journal has it."""

    file: FileDigest
    sequence: int | None = None
    time: datetime | None = None


@dataclass
class _Expected:
    """Files that must be there by the events, taken one after the other."""

    files: dict[str, _Place] = field(default_factory=dict)
    faults: list[FileFault] = field(default_factory=list)
    closed_at: datetime | None = None
    is_begun: bool = False

    def take_event(self, event: LoggedEvent) -> None:
        """Go on by an event."""
        after = event.after or {}
        self.is_begun, self.closed_at = True, event.time
        if event.action in (CLOSED, MERGED):
            sources = _digests(after.get("segments") or after.get("replaced") or [])
            self.take(sources, _digests(after["files"]), event.sequence, event.time, is_merge=event.action == MERGED)
        elif event.action == REMOVED:
            for path in after["paths"]:
                self.files.pop(path, None)
        elif event.action == ACCEPTED:
            self.files.pop(after["path"], None)
            for file in _digests([after["file"]] if after["file"] else []):
                self.files[file.path] = _Place(file, event.sequence, event.time)

    def take(
        self, sources: list[FileDigest], made: list[FileDigest], sequence: int | None, time: datetime | None, *, is_merge: bool
    ) -> None:  # fmt: skip
        """Go on by files that took the place of others."""
        for source in sources:
            known = self.files.pop(source.path, None)
            if known is not None and known.file.sha256 != source.sha256:
                detail = f"Changed between being closed and being {'merged' if is_merge else 'made Parquet'} (event {sequence})."
                self._wrong(source.path, known, detail)
            elif known is None and is_merge:
                self._wrong(
                    source.path, _Place(source, sequence, time), "Merged, but no event says that it was written."
                )
        if sources and sum(file.rows for file in sources) != sum(file.rows for file in made):
            counts = f"{sum(file.rows for file in sources)} records became {sum(file.rows for file in made)}"
            name = made[0].path if made else sources[0].path
            self._wrong(
                name, _Place(sources[0], sequence, time), f"Written with the wrong number of records: {counts}."
            )
        for file in made:
            self.files[file.path] = _Place(file, sequence, time)

    def _wrong(self, path: str, place: _Place, detail: str) -> None:
        self.faults.append(
            FileFault(path=path, sequence=place.sequence, since=place.time, detail=detail, advice=_ADVICE_OF_EVENTS)
        )


class FilesVerifier:
    """Holds the files of one archive against the events about them."""

    def __init__(self, database: Database, archive: Archive) -> None:
        self._events = EventStore(database)
        self._archive = archive

    def verify(self) -> FilesReport:
        """Look at every byte of every file that must be there, and for files that must not be there."""
        looked_at: dict[str, str] = {}
        report = self._look(looked_at)
        for _ in range(_LOOKS - 1):
            if not report.faults:
                break
            again = {fault.path for fault in report.faults}
            report = self._look({key: digest for key, digest in looked_at.items() if key not in again})
        return report

    def _look(self, looked_at: dict[str, str]) -> FilesReport:
        expected = _Expected()
        for event in _in_order(self._events):
            with contextlib.suppress(
                KeyError, TypeError, msgspec.ValidationError
            ):  # an edited event; the chain names it
                expected.take_event(event)
        for _, entry in journal.entries(self._archive.folder):
            if not all(file.path in expected.files for file in entry.made) or not entry.made:
                is_merge = not entry.sources[0].is_segment
                expected.take(entry.sources, entry.made, None, None, is_merge=is_merge)
        faults = expected.faults + (list(self._differences(expected, looked_at)) if expected.is_begun else [])
        return FilesReport(
            files=len(expected.files),
            rows=sum(place.file.rows for place in expected.files.values()),
            pending=sum(place.sequence is None for place in expected.files.values()),
            closed_at=expected.closed_at,
            faults=faults[:_MOST_FAULTS],
        )

    def _differences(self, expected: _Expected, looked_at: dict[str, str]) -> Iterator[FileFault]:
        present = {file.key: file for file in self._archive.files()}
        for path, place in expected.files.items():
            detail = self._fault_of(path, place, present.get(path), looked_at)
            if detail:
                yield FileFault(path=path, sequence=place.sequence, since=place.time, detail=detail)
        for key in present.keys() - expected.files.keys():
            detail = "No event says that the platform wrote this file: its records may be false."
            yield FileFault(path=key, sequence=None, since=None, detail=detail)

    def _fault_of(self, path: str, place: _Place, found: ArchivedFile | None, looked_at: dict[str, str]) -> str:
        """A sentence about what is wrong with a file; empty: nothing is."""
        is_unpublished = place.sequence is None
        if path not in looked_at:
            digest = self._digest(path, found)
            if digest is None:
                return "" if is_unpublished else self._missing(path, place)
            looked_at[path] = digest
        if looked_at[path] == place.file.sha256:
            return ""
        size = (
            ""
            if found is None or found.size == place.file.bytes
            else f"; it had {place.file.bytes} bytes, and has {found.size}"
        )
        return f"Changed since it was written, with {place.file.rows} records{size}."

    def _digest(self, path: str, found: ArchivedFile | None) -> str | None:
        local = self._archive.folder / path if _is_segment(path) else self._archive.root / path
        try:
            return journal.hashed(local)[0]
        except FileNotFoundError:
            pass
        if found is None or self._archive.remote is None:
            return None
        try:
            with self._archive.remote.opened(path) as stream:
                return journal.hashed_stream(stream)[0]
        except FileNotFoundError:
            return None

    def _missing(self, path: str, place: _Place) -> str:
        aside = self._archive.folder / name_aside(path)
        if aside.exists():
            return f"Damaged: it can't be read, and lies in predictions/{aside.name}; {place.file.rows} records are not answered."
        return f"Missing, with {place.file.rows} records; neither retention nor merging removed it."


def _is_segment(path: str) -> bool:
    """Whether a path is a segment's name."""
    return "/" not in path


def _in_order(events: EventStore) -> Iterator[LoggedEvent]:
    """The events about files of records, in the order of the chain."""
    for step in events.in_order(EventFilter(subject_kind="records"), with_pending=True):
        yield from (event for event in step if event.action in (CLOSED, MERGED, REMOVED, ACCEPTED))


def _digests(values: list[Any]) -> list[FileDigest]:
    return msgspec.convert(values, list[FileDigest])
