"""The service of projects: begin one, describe it, archive and restore it."""

from collections.abc import Mapping, Sequence
from typing import Protocol, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict, InvalidInput
from unshelf.contracts.permissions import Permission
from unshelf.contracts.references import NAME_RULE, is_name
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.filters import in_visible_project
from unshelf.foundation.access.scopes import DEFAULT_PROJECT, project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.foundation.publication import Publisher
from unshelf.manage.access.service import AccessService
from unshelf.manage.projects.lookup import find_project
from unshelf.manage.projects.project import Priority, Project, Stage, furthest
from unshelf.manage.projects.tables import ProjectRow


class Evidence(Protocol):
    """Facts of a wing that say how far projects have come."""

    def __call__(self, session: Session, projects: Sequence[str]) -> Mapping[str, Stage]:
        """Return the furthest stage that is proved, for those of these projects of which the wing has anything."""


class ProjectService:
    """Keeps the projects. Names are given once, for good."""

    def __init__(self, database: Database, events: EventStore, publisher: Publisher, access: AccessService) -> None:
        self._database = database
        self._events = events
        self._publisher = publisher
        self._access = access
        self._evidence: list[Evidence] = []

    def add_evidence(self, evidence: Evidence) -> None:
        """Have the stage of projects follow from these facts too."""
        self._evidence.append(evidence)

    def is_open(self, name: str) -> bool:
        """Whether there is such a project, and it is not archived."""
        with self._database.read() as session:
            row = session.get(ProjectRow, name)
            return row is not None and row.archived_at is None

    def create(
        self, actor: Actor, name: str, *, title: str = "", description: str = "", priority: Priority = "normal"
    ) -> Project:
        """Begin a project. A user who does it becomes its owner; one that a key began belongs to the administrators for now.

        Raises Conflict for a name that was given."""
        actor.must(Permission.PROJECTS_CREATE)
        if not is_name(name):
            raise InvalidInput(f"{name[:80]!a} may be no project's name: {NAME_RULE}.")
        with self._database.transaction() as session:
            if session.get(ProjectRow, name) is not None:
                raise Conflict(f"The name {name!r} is taken.", hint="Names of projects are given once: choose another.")
            row = ProjectRow(
                name=name, title=title or name, description=description, priority=priority, created_at=now(),
                created_by=actor.label, archived_at=None,
            )  # fmt: skip
            session.add(row)
            after = {"title": row.title, "description": description, "priority": priority}
            self._events.record(session, actor, "project.created", _subject(name), after=after)
            if actor.kind == "user":
                self._access.grant_in(
                    session, actor, holder_kind="user", holder=actor.id, role="owner", scope=project_scope(name),
                    is_founding=True,
                )  # fmt: skip
            session.flush()
            made = _project_of(row, "manage")
        self._publisher.publish()
        return made

    def find(self, name: str) -> Project:
        """Return a project. Raises NotFound."""
        with self._database.read() as session:
            row = find_project(session, name)
            return _project_of(row, self._stages(session, [name])[name])

    def list_for(self, actor: Actor, *, archived: bool = False, limit: int, cursor: str | None = None) -> Page[Project]:
        """List the projects that the actor may see, by name: the open ones, or the archived ones."""
        may_see = in_visible_project(ProjectRow.name, actor, Permission.PROJECT_READ)
        in_state = ProjectRow.archived_at.is_not(None) if archived else ProjectRow.archived_at.is_(None)
        with self._database.read() as session:
            keys = [SortKey(ProjectRow.name)]
            page = read_page(session, select(ProjectRow).where(may_see, in_state), keys, limit=limit, cursor=cursor)
            stages = self._stages(session, [row.name for row in page.items])
            return Page([_project_of(row, stages[row.name]) for row in page.items], page.next_cursor)

    def change(
        self,
        actor: Actor,
        name: str,
        *,
        title: str | None = None,
        description: str | None = None,
        priority: Priority | None = None,
    ) -> Project:
        """Change what is given, and leave the rest as it is."""
        actor.must(Permission.PROJECT_MANAGE, project_scope(name))
        wanted = {"title": title, "description": description, "priority": priority}
        with self._database.transaction() as session:
            row = find_project(session, name)
            changed = {
                field: value
                for field, value in wanted.items()
                if value is not None and value != getattr(row, field)
            }  # fmt: skip
            if changed:
                before = {field: getattr(row, field) for field in changed}
                for field, value in changed.items():
                    setattr(row, field, value)
                self._events.record(session, actor, "project.changed", _subject(name), before=before, after=changed)
        return self.find(name)

    def archive(self, actor: Actor, name: str, *, reason: str = "") -> Project:
        """Archive a project: nothing new is deployed in it, and its models go on serving. Repeating it changes nothing."""
        if name == DEFAULT_PROJECT:
            raise Conflict(
                f"The project {DEFAULT_PROJECT!r} can't be archived.", hint="Models that name no project belong to it."
            )
        return self._set_archived(actor, name, reason=reason, archived=True)

    def restore(self, actor: Actor, name: str, *, reason: str = "") -> Project:
        """Open an archived project again. Repeating it changes nothing."""
        return self._set_archived(actor, name, reason=reason, archived=False)

    def _set_archived(self, actor: Actor, name: str, *, reason: str, archived: bool) -> Project:
        actor.must(Permission.PROJECT_MANAGE, project_scope(name))
        with self._database.transaction() as session:
            row = find_project(session, name)
            if archived != (row.archived_at is not None):
                row.archived_at = now() if archived else None
                action = "project.archived" if archived else "project.restored"
                self._events.record(session, actor, action, _subject(name), reason=reason)
        return self.find(name)

    def _stages(self, session: Session, names: Sequence[str]) -> dict[str, Stage]:
        found = [evidence(session, names) for evidence in self._evidence] if names else []
        return {name: furthest(stages[name] for stages in found if name in stages) for name in names}


def _subject(name: str) -> Subject:
    return Subject(kind="project", name=name, project=name)


def _project_of(row: ProjectRow, stage: Stage) -> Project:
    return Project(
        name=row.name, title=row.title, description=row.description, priority=cast(Priority, row.priority), stage=stage,
        created_at=row.created_at, created_by=row.created_by, archived_at=row.archived_at,
    )  # fmt: skip
