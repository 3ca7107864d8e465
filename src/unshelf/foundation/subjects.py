"""Subjects: everything that can be tagged, commented on, watched and found. Each capability registers the kinds that it keeps."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, literal, or_
from sqlalchemy.orm import InstrumentedAttribute, Session

from unshelf.contracts.errors import NotFound
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.filters import in_visible_project, visible
from unshelf.foundation.access.model_scopes import scope_of
from unshelf.foundation.access.scopes import INSTALLATION, Scope, project_scope
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject

_SHOWN_CHARACTERS = 80


@dataclass(frozen=True, kw_only=True)
class SubjectFacts:
    """Facts about a subject that every capability needs."""

    subject: Subject
    """The subject, by its name for good: `credit-risk:3`, where `credit-risk@champion` was asked for."""
    title: str
    """A few words for people."""
    scope: Scope
    """The part of the installation that permissions for it are granted on."""
    page: str
    """The path of its API, from `/api/v1` on."""
    person: str | None = None
    """The id of a user who sees it without the permission too, such as who made a request; None: nobody."""
    events_since: datetime | None = None
    """When the subject began, where all events of its name since then are its own, in whichever project it was; None: an event is
    read by those who see the place that it names."""


@dataclass(frozen=True, kw_only=True)
class SubjectKind:
    """A kind of subject, as the capability that keeps it describes it."""

    name: str
    """A noun, as in events: `model`."""
    permission: Permission
    """The permission to see one."""
    find: Callable[[Session, str], SubjectFacts | None]
    """Find one by its name; None: there is none."""
    scope: Callable[[Session, str], Scope] | None = None
    """The scope of one by its name alone, whether or not it exists; None: only the subject itself has it."""
    anywhere: bool = False
    """Whether the permission on any part of the installation is enough, as to find people to grant roles to."""


OnChanged = Callable[[Session, str, list[str]], None]
"""Called in the transaction of a change, or a removal, with the kind and the names of the subjects that changed or are gone."""


OnMoved = Callable[[Session, str, str, str], None]
"""Called in the transaction of a move with the kind and the name of a subject, and the project that it belongs to from now on."""


class Subjects:
    """The kinds of subject of this installation."""

    def __init__(self) -> None:
        self._kinds: dict[str, SubjectKind] = {}
        self._on_removed: list[OnChanged] = []
        self._on_changed: list[OnChanged] = []
        self._on_moved: list[OnMoved] = []

    def register(self, kind: SubjectKind) -> None:
        """Add a kind. Names are unique."""
        if kind.name in self._kinds:
            raise ValueError(f"there is a kind {kind.name!r} already")
        self._kinds[kind.name] = kind

    def kinds(self) -> list[str]:
        """Return the names of all kinds, sorted."""
        return sorted(self._kinds)

    def on_changed(self, act: OnChanged) -> None:
        """Have something done when subjects change in a way that no event of theirs tells of."""
        self._on_changed.append(act)

    def changed(self, session: Session, kind: str, names: Iterable[str]) -> None:
        """Say that subjects changed, where no event about them does so, in the transaction of the change."""
        these = list(names)
        for act in self._on_changed:
            act(session, kind, these)

    def on_removed(self, act: OnChanged) -> None:
        """Have something done when subjects are removed: a later subject of the same name must not inherit what was theirs."""
        self._on_removed.append(act)

    def removed(self, session: Session, kind: str, names: Iterable[str]) -> None:
        """Forget what all capabilities know of subjects that are removed, in the transaction of their removal."""
        gone = list(names)
        if gone:
            for act in self._on_removed:
                act(session, kind, gone)

    def on_moved(self, act: OnMoved) -> None:
        """Have something done when a subject that is no model's moves to another project."""
        self._on_moved.append(act)

    def moved(self, session: Session, kind: str, name: str, project: str) -> None:
        """Have all that capabilities keep of a subject go with it, in the transaction of its move to another project."""
        for act in self._on_moved:
            act(session, kind, name, project)

    def must_see(self, session: Session, actor: Actor, kind: str, name: str) -> SubjectFacts:
        """Return the facts of a subject that the actor may see.

        Raises NotFound where there is none or a user may not see it, and Forbidden where a key has no permission there."""
        known = self._kinds.get(kind)
        if known is None:
            raise NotFound(f"There is no kind {_short(kind)}.", hint=f"The kinds are {', '.join(self.kinds())}.")
        if actor.kind != "user":
            actor.must_somewhere(known.permission)
            if known.scope is not None:
                actor.must(known.permission, known.scope(session, name))
        facts = known.find(session, name)
        if facts is None or not self.may_see(actor, facts):
            raise NotFound(
                f"There is no {kind} {_short(name)}, or you may not see it.",
                hint="`unshelf search` finds what you may see.",
            )
        return facts

    def find(self, session: Session, kind: str, name: str) -> SubjectFacts | None:
        """Return the facts of a subject, for work that is no actor's; None where there is none, and for kinds that are not registered."""
        known = self._kinds.get(kind)
        return None if known is None else known.find(session, name)

    def may_see(self, actor: Actor, facts: SubjectFacts) -> bool:
        """Whether an actor may see a subject."""
        known = self._kinds[facts.subject.kind]
        if _is_whole_user(actor) and facts.person == actor.id:
            return True
        return actor.may_somewhere(known.permission) if known.anywhere else actor.may(known.permission, facts.scope)

    def may_hear(self, session: Session, actor: Actor, subject: Subject) -> bool:
        """Whether an actor may hear of what happens to a subject: one that is registered is seen, for others the place decides."""
        facts = self.find(session, subject.kind, subject.name)
        if facts is not None:
            return self.may_see(actor, facts)
        if subject.model is not None:
            return actor.may(Permission.MODEL_READ, scope_of(session, subject.model))
        if subject.project is not None:
            return actor.may(Permission.PROJECT_READ, project_scope(subject.project))
        return actor.may(Permission.AUDIT_READ)

    def visible(
        self,
        actor: Actor,
        *,
        kind: ColumnElement[str] | InstrumentedAttribute[str],
        model: InstrumentedAttribute[Any],
        project: InstrumentedAttribute[Any],
        person: InstrumentedAttribute[Any] | None = None,
        is_joined: bool = False,
    ) -> ColumnElement[bool]:
        """Whether the actor may see the subject that a row is about: a condition that the database checks.

        `kind`, `model`, `project`, `person`: the row's columns with the subject's kind, its place (both null: the installation)
        and the user who sees it too. `is_joined`: as of `visible`."""
        of: dict[tuple[Permission, bool], list[str]] = {}
        for each in self._kinds.values():
            of.setdefault((each.permission, each.anywhere), []).append(each.name)
        conditions = [
            kind.in_(sorted(names))
            if anywhere
            else and_(kind.in_(sorted(names)), _placed(model, project, actor, permission, is_joined))
            for (permission, anywhere), names in sorted(of.items())
            if actor.may_somewhere(permission)
        ]
        if person is not None and _is_whole_user(actor):
            conditions.append(person == actor.id)
        return or_(*conditions) if conditions else false()


class SubjectScopes:
    """Finds the scopes of subjects for what has no session of its own."""

    def __init__(self, database: Database, subjects: Subjects) -> None:
        self._database = database
        self._subjects = subjects

    def of(self, actor: Actor, kind: str, name: str) -> Scope:
        """Return the scope of a subject; raises as `Subjects.must_see`."""
        with self._database.read() as session:
            return self._subjects.must_see(session, actor, kind, name).scope


def scope_of_subject(session: Session, subject: Subject) -> Scope:
    """Return the part of the installation that a subject lies in: its model, its project, or the installation."""
    if subject.model is not None:
        return scope_of(session, subject.model)
    return INSTALLATION if subject.project is None else project_scope(subject.project)


def _is_whole_user(actor: Actor) -> bool:
    """Whether the actor is a user who acts with all that they may do."""
    return actor.kind == "user" and actor.bounds is None


def _placed(
    model: InstrumentedAttribute[Any],
    project: InstrumentedAttribute[Any],
    actor: Actor,
    permission: Permission,
    is_joined: bool,
) -> ColumnElement[bool]:
    """Whether the actor has a permission where the row's subject lies."""
    if actor.may(permission):
        return literal(True)
    return or_(
        and_(model.is_not(None), visible(model, actor, permission, is_joined=is_joined)),
        and_(model.is_(None), in_visible_project(project, actor, permission)),
    )


def _short(text: str) -> str:
    return ascii(text[:_SHOWN_CHARACTERS])
