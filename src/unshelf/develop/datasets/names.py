"""Names of data: each is a dataset's, a connection's or a binding's, and belongs to a project."""

from collections.abc import Callable, Iterable
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict, InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.contracts.references import NAME_RULE, is_name
from unshelf.develop.datasets.dataset import DataName, NameKind
from unshelf.develop.datasets.search import data_sources
from unshelf.develop.datasets.tables import DataNameRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.filters import in_visible_project
from unshelf.foundation.access.scopes import DEFAULT_PROJECT, project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.refusals import RefusalLog
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.foundation.search import kind_of
from unshelf.foundation.subjects import Subjects
from unshelf.manage.projects.lookup import find_open_project

_HIDDEN = "data://NAME"
"""The route of refusals that hide a name."""
_NOT_FOUND = 404


class DataNames:
    """Keeps the names. To those who may not read data in its project, a name does not exist."""

    def __init__(
        self,
        database: Database,
        events: EventStore,
        refusals: RefusalLog,
        subjects: Subjects,
        is_open: Callable[[str], bool],
    ) -> None:
        """`is_open`: whether there is such a project, and it is not archived."""
        self._database = database
        self._events = events
        self._refusals = refusals
        self._subjects = subjects
        self._is_open = is_open
        for source in data_sources():
            subjects.register(kind_of(source, Permission.DATA_READ))

    def require(self, session: Session, actor: Actor, name: str, permission: Permission) -> DataName:
        """Return a name that the actor has the permission for.

        Raises NotFound for one that the actor may not read, which leaves an event, Forbidden when reading is all that is allowed."""
        row = _present(session, name)
        if row is not None:
            scope = project_scope(row.project)
            if actor.may(Permission.DATA_READ, scope):
                actor.must(permission, scope)
                return _named(row)
            subject = Subject(kind=row.kind, name=row.name, project=row.project)
            self._refusals.note(actor, _HIDDEN, _NOT_FOUND, subject)
        raise NotFound(
            f"There is no data {name[:80]!r}, or you may not see it.",
            hint="`unshelf data list` shows what you may read.",
        )

    def find(self, session: Session, actor: Actor, name: str) -> DataName | None:
        """Return a name that the actor may read; None where there is none, or it is not theirs to see."""
        row = _present(session, name)
        return _named(row) if row is not None and actor.may(Permission.DATA_READ, project_scope(row.project)) else None

    def list_for(self, actor: Actor, *, project: str | None, limit: int, cursor: str | None) -> Page[DataName]:
        """List the names in projects in which the actor may read data, by name."""
        query = select(DataNameRow).where(
            DataNameRow.deleted_at.is_(None), in_visible_project(DataNameRow.project, actor, Permission.DATA_READ)
        )
        if project is not None:
            query = query.where(DataNameRow.project == project)
        with self._database.read() as session:
            page = read_page(session, query, [SortKey(DataNameRow.name)], limit=limit, cursor=cursor)
            return Page(page.map(_named), page.next_cursor)

    def check(self, actor: Actor, name: str, kind: NameKind, project: str | None) -> str:
        """Return the project that the name belongs to or will. Raises what `take` raises: for work that comes before it is taken."""
        if not is_name(name):
            raise InvalidInput(f"{name[:80]!a} may be no name of data: {NAME_RULE}.")
        with self._database.read() as session:
            row = _present(session, name)
        is_seen = row is not None and actor.may(Permission.DATA_READ, project_scope(row.project))
        place = project_scope(row.project if row is not None and is_seen else project or DEFAULT_PROJECT)
        if not is_seen:
            actor.must_see(place)
        actor.must(Permission.DATA_MANAGE, place)  # first: who may add no data learns nothing of its names
        placed = _project_for(row, actor, name, kind, project)
        if not self._is_open(placed):
            raise Conflict(
                f"The project {placed!r} does not exist, or is archived.",
                hint="`unshelf projects` lists the projects; its owner may restore an archived one.",
            )
        return placed

    def take(
        self, session: Session, actor: Actor, name: str, kind: NameKind, *, project: str, description: str | None
    ) -> DataName:
        """Have the name be of this kind, in the transaction of what it leads to. Raises Conflict when it is something else."""
        row = session.get(DataNameRow, name)
        if row is None or row.deleted_at is not None:
            if row is None:
                row = DataNameRow(name=name, last_version=0)
                session.add(row)
            row.kind, row.project, row.description = kind, project, description or ""
            row.created_at, row.created_by, row.deleted_at = now(), actor.label, None
            session.flush()
        elif _project_for(row, actor, name, kind, project) and description is not None:
            row.description = description
        return _named(row)

    def move(self, session: Session, actor: Actor, name: DataName, project: str, *, reason: str) -> DataName:
        """Give a name with all that it leads to to another project. Raises NotFound, Forbidden, Conflict as `DataService.move` says."""
        target = project_scope(project)
        actor.must(Permission.PROJECT_MANAGE, project_scope(name.project))
        actor.must_see(target)
        actor.must(Permission.DATA_MANAGE, target)
        find_open_project(session, project)
        if project == name.project:
            return name
        row = session.get_one(DataNameRow, name.name)
        row.project = project
        moved = _named(row)
        subject = Subject(kind=moved.kind, name=moved.name, project=project)
        before, after = {"project": name.project}, {"project": project}
        self._events.record(session, actor, f"{moved.kind}.moved", subject, before=before, after=after, reason=reason)
        self._subjects.moved(session, moved.kind, moved.name, project)
        return moved

    def next_version(self, session: Session, name: str) -> int:
        """Return a number that no version of this name ever had, and remember it."""
        row = session.get_one(DataNameRow, name)
        row.last_version += 1
        return row.last_version

    def drop(self, session: Session, name: str) -> None:
        """Free the name; its numbers stay taken."""
        row = session.get_one(DataNameRow, name)
        row.deleted_at = now()
        self._subjects.removed(session, row.kind, [name])

    def log(
        self,
        session: Session,
        actor: Actor,
        action: str,
        name: DataName,
        detail: dict[str, object],
        *,
        gone: bool = False,
    ) -> None:
        """Record an event about a name."""
        subject = Subject(kind=name.kind, name=name.name, project=name.project)
        before, after = (detail, None) if gone else (None, detail)
        self._events.record(session, actor, action, subject, before=before, after=after)

    def note(self, actor: Actor, action: str, named: Iterable[DataName], detail: dict[str, object]) -> None:
        """Record an event about each name that something was read by, in a transaction of its own."""
        with self._database.transaction() as session:
            for name in named:
                self.log(session, actor, action, name, detail)


def _present(session: Session, name: str) -> DataNameRow | None:
    row = session.get(DataNameRow, name) if is_name(name) else None
    return row if row is not None and row.deleted_at is None else None


def _project_for(row: DataNameRow | None, actor: Actor, name: str, kind: NameKind, project: str | None) -> str:
    """Return the project of the name, or the wanted one for a name that is free. Raises Conflict."""
    if row is None:
        return project or DEFAULT_PROJECT
    if not actor.may(Permission.DATA_READ, project_scope(row.project)):
        raise Conflict(
            f"The name {name!r} is taken.", hint="Names of data are unique in the installation: choose another."
        )
    if row.kind != kind:
        raise Conflict(f"{name!r} is the name of a {row.kind}.", hint=f"Choose another name, or delete the {row.kind}.")
    if project not in (None, row.project):
        raise Conflict(
            f"The {kind} {name!r} belongs to the project {row.project!r}.",
            hint="Leave the project out, or choose another name.",
        )
    return row.project


def _named(row: DataNameRow) -> DataName:
    return DataName(
        name=row.name, kind=cast(NameKind, row.kind), project=row.project, description=row.description,
        last_version=row.last_version, created_at=row.created_at, created_by=row.created_by,
    )  # fmt: skip
