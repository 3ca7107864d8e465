"""Service of folders that are watched for files of records: set, listed, looked at, forgotten."""

from datetime import timedelta
from typing import cast

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound, Unavailable, UnshelfError
from unshelf.contracts.permissions import Permission
from unshelf.contracts.protocols.data import FoundFile
from unshelf.contracts.references import DataReference, InvalidReference, parse_data_reference
from unshelf.deploy.elsewhere.folder import EVERY_SECONDS, FileState, FolderOrder, RecordFile, RecordFolder
from unshelf.deploy.elsewhere.messages import RecordColumns
from unshelf.deploy.elsewhere.tables import RecordFileRow, RecordFolderRow
from unshelf.deploy.elsewhere.tables_read import TableReader
from unshelf.deploy.elsewhere.taking import RecordIntake, RecordsTaken
from unshelf.develop.data.service import ConnectionPlace, DataService
from unshelf.foundation.access.actors import SYSTEM, Actor
from unshelf.foundation.access.filters import visible
from unshelf.foundation.access.model_scopes import scope_of
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject, model_subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.ids import new_id
from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.foundation.subjects import Subjects
from unshelf.manage.notifications.notification import NotificationKind, PersonNow
from unshelf.manage.notifications.service import NotificationService

LOOP = "record-folders"
DAMAGED = NotificationKind(
    name="records.file_damaged", description="A file of records in a folder that you have watched can't be read."
)
_LOOK_SECONDS = 2.0
_SETTLED_SECONDS = 10.0
"""How long a file is left alone after its last change: somebody may be writing it."""
_MOST_REASON = 1000


class RecordFolders:
    """Takes each file of watched folders in once. Each is read with the rights of who set it."""

    def __init__(
        self, database: Database, events: EventStore, notifications: NotificationService, subjects: Subjects, *, data: DataService,
        intake: RecordIntake, reader: TableReader, person_now: PersonNow,
        settled_seconds: float = _SETTLED_SECONDS,
    ) -> None:  # fmt: skip
        notifications.register(DAMAGED)
        subjects.on_removed(_forget)
        self._database = database
        self._events = events
        self._notifications = notifications
        self._data = data
        self._intake = intake
        self._reader = reader
        self._person_now = person_now
        self._settled_seconds = settled_seconds

    def loop(self) -> PeriodicLoop:
        """Return the loop that looks into the folders whose time has come."""
        return PeriodicLoop(name=LOOP, act=self.look_at_all, every=_LOOK_SECONDS, after_changes=True)

    def watch(self, actor: Actor, order: FolderOrder) -> RecordFolder:
        """Have a folder watched. The same folder of a model again changes it.

        Raises NotFound, Forbidden, Conflict for a model that runs here, InvalidInput for what is no folder of a connection."""
        model, _ = self._intake.find(actor, order.model)
        if order.every_seconds not in EVERY_SECONDS:
            raise InvalidInput(
                f"A folder is looked at every {EVERY_SECONDS[0]} seconds to {EVERY_SECONDS[-1] // 86_400} days, not every "
                f"{order.every_seconds} seconds."
            )
        place = self._data.place(actor, _reference(order.data))
        if not isinstance(place, ConnectionPlace):
            raise InvalidInput(f"{order.data[:100]} is a dataset.", hint="Name a folder: data://CONNECTION/PATH.")
        self._data.files_in(place)
        with self._database.transaction() as session:
            same = (RecordFolderRow.model == model, RecordFolderRow.data == order.data)
            row = session.scalar(select(RecordFolderRow).where(*same))
            if row is None:
                row = RecordFolderRow(
                    id=new_id(), model=model, project=scope_of(session, model).project, data=order.data, created_at=now(), looked_at=None
                )  # fmt: skip
                session.add(row)
            row.columns, row.every_seconds = msgspec.to_builtins(order.columns), order.every_seconds
            row.next_at, row.problem = now(), ""
            row.created_by, row.actor_id = actor.label, actor.id
            self._events.record(session, actor, "records.folder_set", _subject(session, model), after=_plain(row))
            session.flush()
            return _folder_of(session, row)

    def list_for(self, actor: Actor, *, model: str | None, limit: int, cursor: str | None = None) -> Page[RecordFolder]:
        """List the folders of the models whose records the actor may read, the newest first."""
        query = select(RecordFolderRow).where(visible(RecordFolderRow.model, actor, Permission.RECORDS_READ))
        if model is not None:
            query = query.where(RecordFolderRow.model == model)
        with self._database.read() as session:
            page = read_page(session, query, [SortKey(RecordFolderRow.id, descending=True)], limit=limit, cursor=cursor)
            return Page([_folder_of(session, row) for row in page.items], page.next_cursor)

    def files(self, actor: Actor, id: str, *, limit: int, cursor: str | None = None) -> Page[RecordFile]:
        """List the files of a folder that were taken in or can't be, the last first. Raises NotFound."""
        keys = [SortKey(RecordFileRow.taken_at, descending=True), SortKey(RecordFileRow.path)]
        with self._database.read() as session:
            _found(session, actor, id, Permission.RECORDS_READ)
            page = read_page(
                session, select(RecordFileRow).where(RecordFileRow.folder == id), keys, limit=limit, cursor=cursor
            )
            return Page(page.map(_file_of), page.next_cursor)

    def forget(self, actor: Actor, id: str) -> None:
        """Watch a folder no longer. Its records stay. Raises NotFound."""
        with self._database.transaction() as session:
            row = _found(session, actor, id, Permission.RECORDS_WRITE)
            self._events.record(
                session, actor, "records.folder_forgotten", _subject(session, row.model), before=_plain(row)
            )
            session.execute(delete(RecordFileRow).where(RecordFileRow.folder == id))
            session.delete(row)

    def look_now(self, actor: Actor, id: str) -> RecordFolder:
        """Look into a folder now, and return when all of it is taken in. Raises NotFound, and what keeps it from being read."""
        with self._database.read() as session:
            _found(session, actor, id, Permission.RECORDS_WRITE)
        problem = self._look(id)
        if problem:
            raise Conflict(problem)
        with self._database.read() as session:
            return _folder_of(session, _found(session, actor, id, Permission.RECORDS_WRITE))

    def look_at_all(self) -> float | None:
        """Look into the folders whose time has come; returns the seconds until the next one's, None: there is none."""
        with self._database.read() as session:
            due = list(session.scalars(select(RecordFolderRow.id).where(RecordFolderRow.next_at <= now())))
        for id in due:
            self._look(id)
        with self._database.read() as session:
            following = session.scalar(select(func.min(RecordFolderRow.next_at)))
        return None if following is None else max(0.0, (following - now()).total_seconds())

    def _look(self, id: str) -> str:
        """Take the new files of a folder; returns what keeps it from being read, empty: nothing does."""
        with self._database.read() as session:
            row = session.get(RecordFolderRow, id)
        if row is None:
            return ""
        problem, is_whole = "", True
        try:
            is_whole = self._take_new(row)
        except UnshelfError as error:
            problem = f"{error.detail} {error.hint}".strip()[:_MOST_REASON]
        finally:
            with self._database.transaction() as session:
                kept = session.get(RecordFolderRow, id)
                if kept is not None:
                    moment = now()
                    wait = kept.every_seconds if is_whole else min(kept.every_seconds, self._settled_seconds)
                    kept.looked_at, kept.next_at, kept.problem = moment, moment + timedelta(seconds=wait), problem
        return problem

    def _take_new(self, row: RecordFolderRow) -> bool:
        """Take the files that are new or have changed, in order; returns whether none was left because it is still written."""
        actor = self._person_now(row.actor_id)
        if actor is None:
            raise Forbidden(f"{row.created_by!r} may do nothing here any more.", hint="Set the folder again.")
        place = self._data.place(actor, _reference(row.data))
        assert isinstance(place, ConnectionPlace)  # noqa: S101 - it was when it was set
        with self._database.read() as session:
            marks = select(RecordFileRow.path, RecordFileRow.mark).where(RecordFileRow.folder == row.id)
            known = {path: mark for path, mark in session.execute(marks)}  # noqa: C416 - rows are no tuples of this type
        is_whole = True
        for file in self._data.files_in(place):
            if known.get(file.path) == file.mark:
                continue
            if file.age_seconds < self._settled_seconds:
                is_whole = False
                continue
            self._take_file(row, actor, place, file)
        self._intake.release()
        return is_whole

    def _take_file(self, row: RecordFolderRow, actor: Actor, place: ConnectionPlace, file: FoundFile) -> None:
        """Take one file, and note that. What is killed before the note takes it once more, which changes nothing."""
        state: FileState = "taken"
        taken, reason = RecordsTaken(), ""
        try:
            with self._data.parquet(ConnectionPlace(connection=place.connection, path=file.path)) as (path, _):
                taken = self._reader.take_file(
                    actor, row.model, path, msgspec.convert(row.columns, RecordColumns), salt=f"{row.id}/{file.path}"
                )
        except (Unavailable, Forbidden):
            raise
        except UnshelfError as error:
            state, reason = "damaged", f"{error.detail} {error.hint}".strip()[:_MOST_REASON]
        if taken.faults:
            first = taken.faults[0]
            reason = f"Row {first.row}, column {first.column}: expected {first.expected}, got {first.got}."[
                :_MOST_REASON
            ]
        with self._database.transaction() as session:
            if session.get(RecordFolderRow, row.id) is None:
                return
            session.merge(
                RecordFileRow(
                    folder=row.id, path=file.path, mark=file.mark, state=state, accepted=taken.accepted,
                    duplicates=taken.duplicates, refused=taken.refused, reason=reason, taken_at=now(),
                )
            )  # fmt: skip
            if state == "damaged" or taken.refused:
                self._tell(session, row, file.path, reason, taken.refused)

    def _tell(self, session: Session, row: RecordFolderRow, path: str, reason: str, refused: int) -> None:
        subject = _subject(session, row.model)
        what = f"{refused:,} records of {path} were refused" if refused else f"{path} can't be read"
        self._events.record(
            session, SYSTEM, DAMAGED.name, subject,
            after={"folder": row.data, "file": path, "refused": refused}, reason=reason[:500],
        )  # fmt: skip
        self._notifications.notify(
            session, [row.actor_id], subject, kind=DAMAGED.name, title=f"{row.model}: {what}"[:200],
            body=f"{row.data}: {reason}", link=f"/models/{row.model}",
        )  # fmt: skip


def _reference(text: str) -> DataReference:
    try:
        return parse_data_reference(text)
    except InvalidReference as error:
        raise InvalidInput(str(error), hint="Write data://CONNECTION/PATH.") from None


def _found(session: Session, actor: Actor, id: str, permission: Permission) -> RecordFolderRow:
    row = session.get(RecordFolderRow, id)
    if row is None or not actor.may(Permission.MODEL_READ, scope_of(session, row.model)):
        raise NotFound(f"There is no watched folder {id[:80]!a}.", hint="`unshelf records folders` shows their ids.")
    actor.must(permission, scope_of(session, row.model))
    return row


def _forget(session: Session, kind: str, names: list[str]) -> None:
    """Forget the folders of models that are removed."""
    if kind == "model":
        ids = list(session.scalars(select(RecordFolderRow.id).where(RecordFolderRow.model.in_(names))))
        session.execute(delete(RecordFileRow).where(RecordFileRow.folder.in_(ids)))
        session.execute(delete(RecordFolderRow).where(RecordFolderRow.id.in_(ids)))


def _subject(session: Session, model: str) -> Subject:
    return model_subject("model", model, model, project=scope_of(session, model).project)


def _plain(row: RecordFolderRow) -> dict[str, object]:
    return {"data": row.data, "every_seconds": row.every_seconds, "columns": row.columns}


def _folder_of(session: Session, row: RecordFolderRow) -> RecordFolder:
    counts = select(func.count(), func.sum(RecordFileRow.accepted)).where(RecordFileRow.folder == row.id)
    files, accepted = session.execute(counts).one()
    damaged = session.scalar(
        select(func.count()).select_from(RecordFileRow).where(
            RecordFileRow.folder == row.id, RecordFileRow.state == "damaged"
        )
    )  # fmt: skip
    return RecordFolder(
        id=row.id, model=row.model, project=row.project, data=row.data, every_seconds=row.every_seconds, next_at=row.next_at,
        looked_at=row.looked_at, problem=row.problem, files=files, damaged=damaged or 0, accepted=int(accepted or 0),
        created_at=row.created_at, created_by=row.created_by,
    )  # fmt: skip


def _file_of(row: RecordFileRow) -> RecordFile:
    return RecordFile(
        path=row.path, state=cast(FileState, row.state), accepted=row.accepted, duplicates=row.duplicates, refused=row.refused,
        reason=row.reason, taken_at=row.taken_at,
    )  # fmt: skip
