"""Closing: digests of files of records become events, and so does each merge and each removal that is right.

By the hour, and before retention removes anything, what the journal tells is closed into the event log, then the segments that lie
closed and have not become Parquet. The first time all that is there is closed. Several controls may close at once: what one has
closed, the others pass over, because each looks in the transaction in which it writes."""

import contextlib
import logging
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import SYSTEM, Actor
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.records.archive import journal
from unshelf.records.archive.files import Archive, DamagedFile
from unshelf.records.archive.journal import FileDigest, JournalEntry
from unshelf.records.archive.layout import ArchivedFile, is_archive_key, segments
from unshelf.records.archive.merging import settle_journal
from unshelf.records.archive.upgrade import remove_replaced
from unshelf.records.ledger.tables import ClosedFileRow
from unshelf.runtime.segment_reader import closed, heads

CLOSED = "records.closed"
"""Files that are there: `files`; and the segments that became them: `segments`."""
MERGED = "records.merged"
"""Files that are there, `files`, in place of those in `replaced`."""
REMOVED = "records.removed"
"""Files that retention removes: `paths`."""
ACCEPTED = "records.accepted"
"""A difference that somebody answers for: `file` as it is now, null: it is gone."""
_FILES_AN_EVENT = 500
_BEGUN = ""
_RETRY_SECONDS = 60.0

logger = logging.getLogger(__name__)


class RecordsLedger:
    """Closes files of records into the event log."""

    def __init__(self, database: Database, events: EventStore, archive: Archive) -> None:
        self._database = database
        self._events = events
        self._archive = archive

    def loop(self, seconds: float) -> PeriodicLoop:
        """Describe the loop that closes."""
        return PeriodicLoop(name="records-ledger", act=self.close, every=seconds, retry=_RETRY_SECONDS)

    def close(self) -> None:
        """Close what has been written, merged or left closed since the last time."""
        settle_journal(self._archive)
        self._begin()
        self._close_journal()
        self._close_segments()

    def removing(self, files: Sequence[ArchivedFile], reason: str) -> None:
        """Log that files are about to be removed, and rightly so."""
        settle_journal(self._archive)
        self._begin()
        self._close_journal()
        paths = iter([file.key for file in files])
        while step := list(islice(paths, _FILES_AN_EVENT)):
            with self._database.transaction() as session:
                _forget(session, step)
                self._events.record(session, SYSTEM, REMOVED, _subject(step), after={"paths": step}, reason=reason)

    def accept(self, actor: Actor, path: str, reason: str) -> None:
        """Take a file as it is now, or its absence, for right from here on; what was wrong stays in the log.

        Raises InvalidInput for what is no path of a file of records, NotFound where there is nothing to accept."""
        if not (is_archive_key(path) or FileDigest(path=path, sha256="", rows=0, bytes=0).is_segment) or ".." in path:
            raise InvalidInput("This is no path of a file of records.", hint="`unshelf audit verify` names paths.")
        if not reason.strip():
            raise InvalidInput("Accepting a difference needs a reason.")
        actor.must(Permission.PLATFORM_MANAGE)
        found = next((file for file in self._archive.files() if file.key == path), None)
        now = None if found is None else _of_archive(self._archive, found)
        with self._database.transaction() as session:
            if found is None and session.get(ClosedFileRow, path) is None:
                raise NotFound(f"No file {path[:200]!a} was ever closed into the log, and there is none.")
            _forget(session, [path])
            if now is not None:
                _remember(session, [now])
            after = {"path": path, "file": None if now is None else msgspec.to_builtins(now)}
            self._events.record(
                session, actor, ACCEPTED, Subject(kind="records", name=path), after=after, reason=reason
            )

    def _begin(self) -> None:
        """Close all that is there, the first time."""
        with self._database.read() as session:
            if session.get(ClosedFileRow, _BEGUN) is not None:
                return
        remove_replaced(self._archive)
        files = self._without_entries()
        with self._database.transaction() as session:
            if session.get(ClosedFileRow, _BEGUN) is not None:
                return
            session.add(ClosedFileRow(path=_BEGUN, sha256="", rows=0))
            steps = [files[at : at + _FILES_AN_EVENT] for at in range(0, len(files), _FILES_AN_EVENT)] or [[]]
            for step in steps:
                _remember(session, step)
                self._record(session, CLOSED, step, reason="Found when closing began.")

    def _without_entries(self) -> list[FileDigest]:
        """The files that are there, or were there until they were merged, and that the journal does not tell the making of."""
        present = self._archive.files()
        told = [entry for _, entry in journal.entries(self._archive.folder, with_begun=True)]
        made = {file.path for entry in told for file in entry.made}
        found = [_of_archive(self._archive, file) for file in present if file.key not in made]
        known = made | {file.key for file in present}
        merged = {file.path: file for entry in told for file in entry.sources if not file.is_segment}
        return [file for file in found if file is not None] + [
            file for path, file in merged.items() if path not in known
        ]

    def _close_journal(self) -> None:
        for steps in _together(journal.entries(self._archive.folder)):
            with self._database.transaction() as session:
                fresh = [entry for _, entry in steps if not _is_known(session, entry)]
                if fresh:
                    self._record_entries(session, fresh)
            for path, _ in steps:
                path.unlink(missing_ok=True)

    def _record_entries(self, session: Session, entries: list[JournalEntry]) -> None:
        made = [file for entry in entries for file in entry.made]
        sources = [file for entry in entries for file in entry.sources]
        _forget(session, [file.path for file in sources])
        _remember(session, made)
        if sources[0].is_segment:
            self._record(session, CLOSED, made, segments=sources)
        else:
            self._record(session, MERGED, made, replaced=sources)

    def _close_segments(self) -> None:
        for path in segments(self._archive.folder).values():
            with self._database.read() as session:
                if session.get(ClosedFileRow, path.name) is not None:
                    continue
            with closed(path) as is_mine:
                if not is_mine:
                    continue
                file = _of_segment(path)
                with self._database.transaction() as session:
                    if session.get(ClosedFileRow, path.name) is None:
                        _remember(session, [file])
                        self._record(session, CLOSED, [file])

    def _record(
        self,
        session: Session,
        action: str,
        made: list[FileDigest],
        *,
        reason: str = "",
        **sources: list[FileDigest],
    ) -> None:
        after = msgspec.to_builtins({"files": made, **sources})
        about = _subject([file.path for file in made])
        self._events.record(session, SYSTEM, action, about, after=after, reason=reason)


def _subject(paths: list[str]) -> Subject:
    return Subject(kind="records", name=paths[0] if len(paths) == 1 else f"{len(paths)} files")


def _together(entries: Iterator[tuple[Path, JournalEntry]]) -> Iterator[list[tuple[Path, JournalEntry]]]:
    """Yield entries that one event tells of: of compaction as many as fit, of merging one."""
    group: list[tuple[Path, JournalEntry]] = []
    files = 0
    for path, entry in entries:
        is_merge = not entry.sources[0].is_segment
        size = len(entry.made) + len(entry.sources)
        if group and (is_merge or files + size > _FILES_AN_EVENT):
            yield group
            group, files = [], 0
        group.append((path, entry))
        files += size
        if is_merge:
            yield group
            group, files = [], 0
    if group:
        yield group


def _is_known(session: Session, entry: JournalEntry) -> bool:
    """Whether an entry was closed before: its files are known, or it made none and nothing is known of what it took away."""
    if entry.made:
        return all(session.get(ClosedFileRow, file.path) is not None for file in entry.made)
    return all(session.get(ClosedFileRow, file.path) is None for file in entry.sources)


def _remember(session: Session, files: Sequence[FileDigest]) -> None:
    for file in files:
        if session.get(ClosedFileRow, file.path) is None:
            session.add(ClosedFileRow(path=file.path, sha256=file.sha256, rows=file.rows))


def _forget(session: Session, paths: Sequence[str]) -> None:
    known = session.scalars(select(ClosedFileRow.path).where(ClosedFileRow.path.in_(paths))).all()
    if known:
        session.execute(delete(ClosedFileRow).where(ClosedFileRow.path.in_(known)))


def _of_segment(path: Path) -> FileDigest:
    sha256, size = journal.hashed(path)
    return FileDigest(path=path.name, sha256=sha256, rows=sum(len(sheet.times_ns) for sheet in heads(path)), bytes=size)


def _of_archive(archive: Archive, file: ArchivedFile) -> FileDigest | None:
    """The digest of a file wherever it lies; None once it is gone, or where it can't be read."""
    with contextlib.suppress(FileNotFoundError, DamagedFile), archive.opened(file) as parquet:
        rows = parquet.metadata.num_rows
        if file.is_local or archive.remote is None:
            sha256, size = journal.hashed(archive.path(file))
        else:
            with archive.remote.opened(file.key) as stream:
                sha256, size = journal.hashed_stream(stream)
        return FileDigest(path=file.key, sha256=sha256, rows=rows, bytes=size)
    return None
