"""Names of environments: each belongs to a project, or is curated for the installation."""

from collections.abc import Sequence
from functools import partial

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict, InvalidInput
from unshelf.contracts.permissions import Permission
from unshelf.contracts.references import NAME_RULE, Reference, is_name
from unshelf.develop.environments.references import GroupsOf, find_named
from unshelf.develop.environments.tables import EnvironmentRow, NamedEnvironmentRow, NamedVersionRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import DEFAULT_PROJECT, INSTALLATION, Scope, project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.events.event import Subject
from unshelf.foundation.search import Document, SearchSource
from unshelf.manage.projects.lookup import find_open_project
from unshelf.manage.quotas.accounts import Account

OF_PROJECT, CURATED = "environment", "curated_environment"
"""Kinds of subject: who sees the one is not who sees the other."""
_RESERVED = frozenset({"names", "builds"})
"""Parts of the API's own paths."""


def holder_of(name: str, number: int) -> str:
    """Return the holder's name under which a version of a named environment holds its environment."""
    return f"environment/{Reference(name, version=number)}"


def scope_of(project: str | None) -> Scope:
    """Return the part of the installation that a name belongs to."""
    return INSTALLATION if project is None else project_scope(project)


def subject_of(name: str, project: str | None) -> Subject:
    """Return a named environment as the subject of events."""
    return Subject(kind=CURATED if project is None else OF_PROJECT, name=name, project=project)


def must_change(actor: Actor, project: str | None) -> None:
    """Raise Forbidden unless the actor may change the names of a project, or, None, of the installation."""
    permission = Permission.ENVIRONMENTS_MANAGE if project is None else Permission.ENVIRONMENTS_BUILD
    actor.must(permission, scope_of(project))


def may_change(actor: Actor, project: str | None) -> bool:
    """Whether `must_change` raises nothing."""
    permission = Permission.ENVIRONMENTS_MANAGE if project is None else Permission.ENVIRONMENTS_BUILD
    return actor.may(permission, scope_of(project))


def place_of(
    session: Session, actor: Actor, groups_of: GroupsOf, name: str, *, project: str | None, curated: bool
) -> str | None:
    """Return the project that a name belongs to, or will (None: the installation), for an actor who may make a version of it.

    Raises InvalidInput, Forbidden, NotFound for a project, and Conflict for a name that is somebody else's."""
    if not is_name(name) or name in _RESERVED:
        raise InvalidInput(f"{name[:80]!a} may be no name of an environment: {NAME_RULE}.")
    if curated and project is not None:
        raise InvalidInput("A curated environment belongs to no project.", hint="Leave one of them out.")
    found = find_named(session, actor, groups_of, name)
    wanted = None if curated else project or DEFAULT_PROJECT
    if found is None:
        if wanted is not None:
            actor.must_see(project_scope(wanted))
        must_change(actor, wanted)
        if wanted is not None:
            find_open_project(session, wanted)
        taken = session.get(NamedEnvironmentRow, name)
        if taken is not None and taken.deleted_at is None:
            raise _taken(name)
        return wanted
    must_change(actor, found.project)
    if (curated and found.project is not None) or (project is not None and found.project != project):
        where = "the installation" if found.project is None else f"the project {found.project!r}"
        raise Conflict(f"The environment {name!r} belongs to {where}.", hint="Choose another name.")
    return found.project


def take_name(session: Session, name: str, project: str | None, by: str) -> NamedEnvironmentRow:
    """Return the row of a name, which is made if there is none. Raises Conflict when it went to another project meanwhile."""
    row = session.get(NamedEnvironmentRow, name, with_for_update=True)
    if row is not None and row.deleted_at is None:
        if row.project != project:
            raise _taken(name)
        return row
    if row is None:
        row = NamedEnvironmentRow(name=name, last_version=0)
        session.add(row)
    row.project, row.notes, row.is_default, row.restricted, row.deprecation = project, "", False, False, None
    row.created_at, row.created_by, row.deleted_at = now(), by, None
    session.flush()
    return row


def named_sources() -> list[SearchSource]:
    """Describe named environments, by kind: by name and notes. A restricted one is found by no words, as not
    everybody may see it."""
    return [
        SearchSource(
            kind=kind, names=select(NamedEnvironmentRow.name).where(_is_found(kind)), documents=partial(_documents, kind)
        )
        for kind in (OF_PROJECT, CURATED)
    ]  # fmt: skip


def _is_found(kind: str) -> ColumnElement[bool]:
    there = NamedEnvironmentRow.deleted_at.is_(None)
    if kind == OF_PROJECT:
        return and_(there, NamedEnvironmentRow.project.is_not(None))
    return and_(there, NamedEnvironmentRow.project.is_(None), NamedEnvironmentRow.restricted.is_(False))


def _documents(kind: str, session: Session, names: Sequence[str]) -> list[Document]:
    rows = session.scalars(select(NamedEnvironmentRow).where(NamedEnvironmentRow.name.in_(names), _is_found(kind)))
    return [
        Document(
            subject=subject_of(row.name, row.project), title=row.notes.partition("\n")[0] or row.name, text=row.notes,
            owner=row.created_by, created_at=row.created_at, page=f"/environments/names/{row.name}",
        )
        for row in rows
    ]  # fmt: skip


class NamedEnvironmentFiles:
    """Finds the environments that projects have names for, as quotas count them: each once, whatever else uses it."""

    def files(self, account: Account) -> list[Select[str, int]]:
        """Select hashes and sizes. Curated ones count to the installation alone."""
        mine = account.covers(project=NamedEnvironmentRow.project, by=NamedVersionRow.created_by)
        query = (
            select(EnvironmentRow.hash, func.coalesce(EnvironmentRow.bytes, 0))
            .join(NamedVersionRow, NamedVersionRow.environment == EnvironmentRow.hash)
            .join(NamedEnvironmentRow, NamedEnvironmentRow.name == NamedVersionRow.name)
            .where(mine, NamedEnvironmentRow.deleted_at.is_(None))
            .distinct()
        )
        if account.kind != "installation":
            query = query.where(NamedEnvironmentRow.project.is_not(None))
        return [query]


def _taken(name: str) -> Conflict:
    return Conflict(
        f"The name {name!r} is taken.", hint="Names of environments are unique in the installation: choose another."
    )
