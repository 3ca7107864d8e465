"""The service of named environments: which there are, what their curators say of them, who may use them, and their end."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from unshelf.contracts.errors import InvalidInput, NotFound
from unshelf.contracts.references import Reference
from unshelf.develop.environments.environment import Deprecation
from unshelf.develop.environments.names import holder_of, may_change, must_change, subject_of
from unshelf.develop.environments.references import find_named, may_see_name, version_of
from unshelf.develop.environments.schemas import (
    EnvironmentAccessRequest,
    EnvironmentDeprecationRequest,
    NamedEnvironment,
    NamedEnvironmentChange,
    NamedEnvironmentDetail,
    NamedEnvironmentVersion,
)
from unshelf.develop.environments.service import EnvironmentService
from unshelf.develop.environments.tables import (
    EnvironmentHoldRow,
    EnvironmentRightRow,
    EnvironmentRow,
    NamedEnvironmentRow,
    NamedVersionRow,
)
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.foundation.subjects import Subjects
from unshelf.manage.access.holders import Holders
from unshelf.manage.projects.lookup import find_project


class NamedEnvironmentService:
    """Named environments, those of projects and curated ones."""

    def __init__(
        self,
        database: Database,
        events: EventStore,
        subjects: Subjects,
        environments: EnvironmentService,
        holders: Holders,
    ) -> None:
        self._database = database
        self._events = events
        self._subjects = subjects
        self._environments = environments
        self._holders = holders

    def list_for(
        self,
        actor: Actor,
        *,
        project: str | None = None,
        curated: bool | None = None,
        deprecated: bool | None = None,
        in_use: bool | None = None,
        limit: int,
        cursor: str | None = None,
    ) -> Page[NamedEnvironment]:
        """List the named environments that the actor may see, by name; None: whether or not."""
        with self._database.read() as session:
            query = select(NamedEnvironmentRow).where(may_see_name(session, actor, self._environments.groups_of))
            if project is not None:
                query = query.where(NamedEnvironmentRow.project == project)
            for condition, wanted in (
                (NamedEnvironmentRow.project.is_(None), curated),
                (NamedEnvironmentRow.deprecation.is_not(None), deprecated),
                (NamedEnvironmentRow.name.in_(select(NamedVersionRow.name).where(_is_used())), in_use),
            ):
                if wanted is not None:
                    query = query.where(condition if wanted else ~condition)
            page = read_page(session, query, [SortKey(NamedEnvironmentRow.name)], limit=limit, cursor=cursor)
            versions = _versions(session, [row.name for row in page.items])
        return Page([_shown(row, versions.get(row.name, [])) for row in page.items], page.next_cursor)

    def show(self, actor: Actor, name: str) -> NamedEnvironmentDetail:
        """Return a named environment with its versions. Raises NotFound."""
        with self._database.read() as session:
            return self._detail(session, actor, self._find(session, actor, name))

    def change(self, actor: Actor, name: str, wanted: NamedEnvironmentChange) -> NamedEnvironmentDetail:
        """Change notes, deprecations, or which is the default. Raises NotFound, Forbidden."""
        with self._database.transaction() as session:
            row = self._find(session, actor, name, to_change=True)
            before, after = {}, {}
            if wanted.notes is not None and wanted.notes != row.notes:
                before["notes"], after["notes"] = row.notes, wanted.notes
                row.notes = wanted.notes
            if wanted.is_default is not None and wanted.is_default != row.is_default:
                before["default"], after["default"] = str(row.is_default), str(wanted.is_default)
                _make_default(session, row, is_default=wanted.is_default)
            if after:
                subject = subject_of(row.name, row.project)
                self._events.record(
                    session, actor, "environment.changed", subject, before=before, after=after, reason=wanted.reason
                )
            if wanted.deprecation is not None:
                self._deprecate(session, actor, row, wanted.deprecation, wanted.reason)
            session.flush()
            return self._detail(session, actor, row)

    def restrict(self, actor: Actor, name: str, wanted: EnvironmentAccessRequest) -> NamedEnvironmentDetail:
        """Say who may use a curated environment. Raises InvalidInput for a project's own, NotFound for a group or project."""
        with self._database.transaction() as session:
            row = self._find(session, actor, name, to_change=True)
            if row.project is not None:
                raise InvalidInput(
                    f"{name!r} is an environment of the project {row.project!r}, whose members see it and nobody else.",
                    hint="Only environments of the installation are restricted.",
                )
            session.execute(delete(EnvironmentRightRow).where(EnvironmentRightRow.name == name))
            row.restricted = wanted.restricted
            groups = {self._holders.id_of(session, "group", group) for group in wanted.groups}
            projects = {find_project(session, project).name for project in wanted.projects}
            if wanted.restricted:
                rights = [("group", each) for each in groups] + [("project", each) for each in projects]
                session.add_all(
                    EnvironmentRightRow(name=name, holder_kind=kind, holder=holder) for kind, holder in rights
                )
            after: dict[str, Any] = {"restricted": wanted.restricted}
            if wanted.restricted:
                after |= {"groups": sorted(wanted.groups), "projects": sorted(projects)}
            subject = subject_of(row.name, row.project)
            self._events.record(session, actor, "environment.restricted", subject, after=after, reason=wanted.reason)
            session.flush()
            return self._detail(session, actor, row)

    def delete(self, actor: Actor, name: str, number: int | None, *, reason: str = "") -> None:
        """Delete a version, or all of it. What uses an environment keeps it, by its hash. Raises NotFound."""
        with self._database.transaction() as session:
            row = self._find(session, actor, name, to_change=True)
            query = select(NamedVersionRow.number).where(NamedVersionRow.name == name)
            numbers = list(session.scalars(query)) if number is None else [version_of(session, row, number).number]
            self._environments.let_go(session, [holder_of(name, each) for each in numbers])
            session.execute(
                delete(NamedVersionRow).where(NamedVersionRow.name == name, NamedVersionRow.number.in_(numbers))
            )
            subject = subject_of(row.name, row.project)
            self._events.record(
                session, actor, "environment.deleted", subject, before={"versions": numbers}, reason=reason
            )
            if number is None:
                row.deleted_at, row.is_default = now(), False
                session.execute(delete(EnvironmentRightRow).where(EnvironmentRightRow.name == name))
                self._subjects.removed(session, subject.kind, [name])

    def _find(self, session: Session, actor: Actor, name: str, *, to_change: bool = False) -> NamedEnvironmentRow:
        row = find_named(session, actor, self._environments.groups_of, name)
        if row is None:
            raise NotFound(
                f"There is no environment {name[:80]!a}, or you may not see it.",
                hint="`unshelf environments list` shows those that you may see.",
            )
        if to_change:
            must_change(actor, row.project)
        return row

    def _deprecate(
        self,
        session: Session,
        actor: Actor,
        row: NamedEnvironmentRow,
        wanted: EnvironmentDeprecationRequest,
        reason: str,
    ) -> None:
        target = row if wanted.version is None else version_of(session, row, wanted.version)
        if wanted.successor:
            self._environments.find(session, actor, wanted.successor, of_model=False)  # one that there is
        given = Deprecation(note=wanted.note, successor=wanted.successor, at=now(), by=actor.label)
        target.deprecation = None if wanted.withdrawn else given.stored()
        action = "environment.restored" if wanted.withdrawn else "environment.deprecated"
        detail = {"version": wanted.version, "note": wanted.note, "successor": wanted.successor}
        subject = subject_of(row.name, row.project)
        after = {name: value for name, value in detail.items() if value}
        self._events.record(session, actor, action, subject, after=after, reason=reason)

    def _detail(self, session: Session, actor: Actor, row: NamedEnvironmentRow) -> NamedEnvironmentDetail:
        versions = _versions(session, [row.name]).get(row.name, [])
        rights = session.scalars(select(EnvironmentRightRow).where(EnvironmentRightRow.name == row.name)).all()
        groups = [right.holder for right in rights if right.holder_kind == "group"]
        return NamedEnvironmentDetail(
            **dict(_shown(row, versions)), versions=versions,
            groups=sorted(self._holders.names_of(session, "group", groups).values()),
            projects=sorted(right.holder for right in rights if right.holder_kind == "project"),
            may_change=may_change(actor, row.project),
        )  # fmt: skip


def _make_default(session: Session, row: NamedEnvironmentRow, *, is_default: bool) -> None:
    if row.project is not None:
        raise InvalidInput(
            f"{row.name!r} is an environment of a project.", hint="The default one is one of the installation."
        )
    if is_default:
        session.execute(update(NamedEnvironmentRow).values(is_default=False))
    row.is_default = is_default


def _is_used() -> ColumnElement[bool]:
    """Whether something other than a name holds the environment of a version."""
    held = select(EnvironmentHoldRow.environment).where(EnvironmentHoldRow.holder.not_like("environment/%"))
    return NamedVersionRow.environment.in_(held)


def _versions(session: Session, names: Sequence[str]) -> dict[str, list[NamedEnvironmentVersion]]:
    """Find the versions of these names, the latest first."""
    query = (
        select(NamedVersionRow, EnvironmentRow.python, EnvironmentRow.packages, EnvironmentRow.bytes, _is_used())
        .join(EnvironmentRow, EnvironmentRow.hash == NamedVersionRow.environment)
        .where(NamedVersionRow.name.in_(names))
        .order_by(NamedVersionRow.number.desc())
    )
    found: dict[str, list[NamedEnvironmentVersion]] = {}
    for row, python, packages, size, in_use in session.execute(query):
        fields = {
            "number": row.number, "reference": str(Reference(row.name, version=row.number)), "origin": row.origin,
            "environment": row.environment, "python": python, "packages": packages, "bytes": size, "notes": row.notes,
            "deprecation": row.deprecation, "in_use": in_use, "created_at": row.created_at,
            "created_by": row.created_by,
        }  # fmt: skip
        found.setdefault(row.name, []).append(NamedEnvironmentVersion.model_validate(fields))
    return found


def _shown(row: NamedEnvironmentRow, versions: Iterable[NamedEnvironmentVersion]) -> NamedEnvironment:
    each = list(versions)
    current = [version for version in each if version.deprecation is None] or each
    fields = {
        "name": row.name, "project": row.project, "notes": row.notes, "is_default": row.is_default,
        "restricted": row.restricted, "deprecation": row.deprecation,
        "in_use": any(version.in_use for version in each), "latest": current[0] if current else None,
        "created_at": row.created_at, "created_by": row.created_by,
    }  # fmt: skip
    return NamedEnvironment.model_validate(fields)
