"""Owners of secrets, a model or a project; and the secrets that each model has by both."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from unshelf.foundation.access.model_scopes import models_in, scopes_among
from unshelf.foundation.access.scopes import DEFAULT_PROJECT, Scope, model_scope, project_scope
from unshelf.foundation.events.event import Subject
from unshelf.manage.secrets.tables import SecretRow

OwnerKind = Literal["model", "project"]
_NAMES_A_QUERY = 500


@dataclass(frozen=True)
class Owner:
    """A model, or a project, that has secrets."""

    kind: OwnerKind
    name: str

    def rows(self) -> Select[SecretRow]:
        """Select its secrets, by name."""
        mine = select(SecretRow).where(SecretRow.scope_kind == self.kind, SecretRow.scope == self.name)
        return mine.order_by(SecretRow.name)

    def about(self, name: str) -> str:
        """The text that binds a sealed value to its place: moved to another owner or name it can't be opened."""
        return f"secret {self.kind} {self.name} {name}"

    def scope(self, session: Session) -> Scope:
        """Return its scope, where permissions are granted."""
        if self.kind == "project":
            return project_scope(self.name)
        return scopes_among(session, [self.name]).get(self.name) or model_scope(self.name)

    def subject(self, session: Session) -> Subject:
        """Return the subject of events about its secrets."""
        model = self.name if self.kind == "model" else None
        return Subject(kind="secret", name=self.name, model=model, project=self.scope(session).project)


def owner_of(row: SecretRow) -> Owner:
    """Return the owner of a secret."""
    return Owner("project" if row.scope_kind == "project" else "model", row.scope)


def project_of(session: Session, model: str) -> str:
    """Return the project of a model; `default` for a name that no model ever had."""
    scope = scopes_among(session, [model]).get(model)
    return DEFAULT_PROJECT if scope is None else scope.project


def models_served_by(session: Session, owner: Owner) -> list[str]:
    """Return the models that have an owner's secrets: by name, also such as are gone or still to come."""
    if owner.kind == "model":
        return [owner.name]
    found = set(session.scalars(models_in(owner.name)))
    if owner.name == DEFAULT_PROJECT:
        named = set(session.scalars(select(SecretRow.scope).where(SecretRow.scope_kind == "model")))
        found |= named - scopes_among(session, named).keys()
    return sorted(found)


def revisions_among(session: Session, models: Iterable[str]) -> dict[str, int]:
    """Return the revision of secrets, its own and its project's, of each of these models that has any."""
    names = list(models)
    own, of_projects = _revisions(session, "model", names), _revisions(session, "project", None)
    if not of_projects:
        return own
    places = scopes_among(session, names)
    found = {}
    for name in names:
        project = places[name].project if name in places else DEFAULT_PROJECT
        revision = max(own.get(name, 0), of_projects.get(project, 0))
        if revision:
            found[name] = revision
    return found


def all_revisions(session: Session) -> dict[str, int]:
    """Return the same of all models."""
    names = set(session.scalars(select(SecretRow.scope).where(SecretRow.scope_kind == "model")))
    projects = session.scalars(select(SecretRow.scope).where(SecretRow.scope_kind == "project").distinct())
    for project in list(projects):
        names.update(models_served_by(session, Owner("project", project)))
    return revisions_among(session, sorted(names))


def last_revision(session: Session) -> int:
    """Return the greatest revision of any secret; 0: there are none."""
    return session.scalar(select(func.max(SecretRow.revision))) or 0


def _revisions(session: Session, kind: OwnerKind, names: Sequence[str] | None) -> dict[str, int]:
    query = select(SecretRow.scope, func.max(SecretRow.revision)).where(SecretRow.scope_kind == kind)
    query = query.group_by(SecretRow.scope)
    if names is None:
        return {row[0]: row[1] for row in session.execute(query)}
    found: dict[str, int] = {}
    for start in range(0, len(names), _NAMES_A_QUERY):
        some = query.where(SecretRow.scope.in_(names[start : start + _NAMES_A_QUERY]))
        found |= {row[0]: row[1] for row in session.execute(some)}
    return found
