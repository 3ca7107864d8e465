"""The service of support: set for models and projects, and asked by whatever tells people of problems."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor, unseen
from unshelf.foundation.access.model_scopes import models_in, scope_of, scopes_among
from unshelf.foundation.access.scopes import DEFAULT_PROJECT, Scope, model_scope, project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.subjects import Subjects
from unshelf.manage.access.holders import Holders
from unshelf.manage.access.service import HasModel, HolderKind
from unshelf.manage.projects.lookup import find_project
from unshelf.monitor.support.support import (
    MINUTES,
    Contact,
    Support,
    SupportLevel,
    SupportSettings,
    combined,
    of_project,
)
from unshelf.monitor.support.tables import SupportRow

SupportedKind = Literal["model", "project"]


@dataclass(frozen=True, kw_only=True)
class WantedSupport:
    """Settings as somebody names them; None: not set."""

    level: SupportLevel | None = None
    owner: tuple[HolderKind, str] | None = None
    """user or group, and the name."""
    escalate_to: tuple[HolderKind, str] | None = None
    escalate_after: int | None = None


class SupportService:
    """Keeps the support of models and projects."""

    def __init__(
        self, database: Database, events: EventStore, *, subjects: Subjects, holders: Holders, has_model: HasModel
    ) -> None:
        self._database = database
        self._events = events
        self._holders = holders
        self._has_model = has_model
        subjects.on_removed(_forget)

    def of_model(self, session: Session, model: str) -> Support:
        """Return the support of a model, which its project's settings complete."""
        project = scope_of(session, model).project
        return combined(self._settings(session, "model", model), self._settings(session, "project", project))

    def of_project(self, session: Session, project: str) -> Support:
        """Return the support of a project."""
        return of_project(self._settings(session, "project", project))

    def among(self, session: Session, models: Collection[str]) -> dict[str, Support]:
        """Return the support of many models, in a few queries."""
        scopes = scopes_among(session, set(models))
        places: list[tuple[SupportedKind, str]] = [("model", name) for name in models]
        places += [("project", project) for project in {DEFAULT_PROJECT, *(each.project for each in scopes.values())}]
        known = {(row.scope_kind, row.scope) for row in session.scalars(select(SupportRow))}
        own = {place: self._settings(session, *place) for place in places if place in known}
        usual = SupportSettings()
        return {
            name: combined(
                own.get(("model", name), usual),
                own.get(("project", scopes[name].project if name in scopes else DEFAULT_PROJECT), usual),
            )
            for name in models
        }

    def level_of(self, model: str) -> SupportLevel:
        """Return the level of a model."""
        with self._database.read() as session:
            return self.of_model(session, model).level

    def show(self, kind: SupportedKind, name: str) -> Support:
        """Return the support of a model or a project, for who may see it. Raises NotFound."""
        with self._database.read() as session:
            self._must_exist(session, kind, name)
            return self.of_model(session, name) if kind == "model" else self.of_project(session, name)

    def set(self, actor: Actor, kind: SupportedKind, name: str, wanted: WantedSupport) -> Support:
        """Set the support of a model or a project, in place of all that was set before.

        Raises NotFound for a user or group that there is not, and InvalidInput for minutes out of bounds."""
        if wanted.escalate_after is not None and wanted.escalate_after not in MINUTES:
            raise InvalidInput(f"An alert is escalated after {MINUTES[0]} to {MINUTES[-1]} minutes.")
        with self._database.transaction() as session:
            scope = self._must_set(session, actor, kind, name)
            before = self._settings(session, kind, name)
            settings = SupportSettings(
                level=wanted.level, owner=self._contact(session, wanted.owner),
                escalate_to=self._contact(session, wanted.escalate_to), escalate_after=wanted.escalate_after,
            )  # fmt: skip
            if settings != before:
                self._store(session, actor, kind, name, settings)
                subject = Subject(
                    kind=kind, name=name, model=name if kind == "model" else None, project=scope.project or None
                )
                self._events.record(
                    session, actor, f"{kind}.support_changed", subject, before=_plain(before), after=_plain(settings)
                )
            return self.of_model(session, name) if kind == "model" else self.of_project(session, name)

    def owned_by(self, session: Session, person: str, groups: Sequence[str]) -> list[str]:
        """List the models whose set owner is a person or one of these groups, by themselves or by their project."""
        owners = [person, *groups]
        rows = session.scalars(select(SupportRow).where(SupportRow.owner.in_(owners)))
        own, projects = list[str](), list[str]()
        for row in rows:
            (own if row.scope_kind == "model" else projects).append(row.scope)
        for project in projects:
            own += session.scalars(models_in(project))
        return sorted(set(own))

    def _must_set(self, session: Session, actor: Actor, kind: SupportedKind, name: str) -> Scope:
        self._must_exist(session, kind, name)
        scope = scope_of(session, name) if kind == "model" else project_scope(name)
        actor.must(Permission.ALERTS_MANAGE if kind == "model" else Permission.PROJECT_MANAGE, scope)
        return scope

    def _must_exist(self, session: Session, kind: SupportedKind, name: str) -> None:
        if kind == "project":
            find_project(session, name)
        elif not self._has_model(session, name):
            raise unseen(model_scope(name))

    def _store(self, session: Session, actor: Actor, kind: SupportedKind, name: str, settings: SupportSettings) -> None:
        row = session.get(SupportRow, (kind, name))
        if row is None:
            row = SupportRow(scope_kind=kind, scope=name)
            session.add(row)
        row.level, row.escalate_after = settings.level, settings.escalate_after
        row.owner_kind, row.owner = _stored(settings.owner)
        row.escalate_kind, row.escalate_to = _stored(settings.escalate_to)
        row.set_at, row.set_by = now(), actor.label

    def _settings(self, session: Session, kind: SupportedKind, name: str) -> SupportSettings:
        row = session.get(SupportRow, (kind, name))
        if row is None:
            return SupportSettings()
        return SupportSettings(
            level=cast(SupportLevel | None, row.level), owner=self._known(session, row.owner_kind, row.owner),
            escalate_to=self._known(session, row.escalate_kind, row.escalate_to), escalate_after=row.escalate_after,
        )  # fmt: skip

    def _contact(self, session: Session, named: tuple[HolderKind, str] | None) -> Contact | None:
        if named is None:
            return None
        kind, name = named
        return Contact(kind=kind, id=self._holders.id_of(session, kind, name), name=name)

    def _known(self, session: Session, kind: str | None, id: str | None) -> Contact | None:
        if kind is None or id is None:
            return None
        holder = cast(HolderKind, kind)
        return Contact(kind=holder, id=id, name=self._holders.names_of(session, holder, [id])[id])


def _stored(contact: Contact | None) -> tuple[str | None, str | None]:
    return (None, None) if contact is None else (contact.kind, contact.id)


def _plain(settings: SupportSettings) -> dict[str, Any]:
    named = {"owner": settings.owner, "escalate_to": settings.escalate_to}
    people = {name: None if each is None else f"{each.kind} {each.name}" for name, each in named.items()}
    return {"level": settings.level, "escalate_after": settings.escalate_after, **people}


def _forget(session: Session, kind: str, names: Iterable[str]) -> None:
    gone = list(names)
    if kind == "model":
        session.execute(delete(SupportRow).where(SupportRow.scope_kind == kind, SupportRow.scope.in_(gone)))
