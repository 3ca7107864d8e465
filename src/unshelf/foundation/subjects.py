"""Subjects: everything that can be tagged, commented on, watched and found. Each capability registers the kinds that it keeps."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, false, literal, or_
from sqlalchemy.orm import InstrumentedAttribute, Session

from unshelf.contracts.errors import NotFound
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.filters import in_visible_project, visible
from unshelf.foundation.access.scopes import Scope
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


OnRemoved = Callable[[Session, str, list[str]], None]
"""Called in the transaction of a removal with the kind and the names of the subjects that are gone."""


class Subjects:
    """The kinds of subject of this installation."""

    def __init__(self) -> None:
        self._kinds: dict[str, SubjectKind] = {}
        self._on_removed: list[OnRemoved] = []

    def register(self, kind: SubjectKind) -> None:
        """Add a kind. Names are unique."""
        if kind.name in self._kinds:
            raise ValueError(f"there is a kind {kind.name!r} already")
        self._kinds[kind.name] = kind

    def kinds(self) -> list[str]:
        """Return the names of all kinds, sorted."""
        return sorted(self._kinds)

    def on_removed(self, act: OnRemoved) -> None:
        """Have something done when subjects are removed: a later subject of the same name must not inherit what was theirs."""
        self._on_removed.append(act)

    def removed(self, session: Session, kind: str, names: Iterable[str]) -> None:
        """Forget what all capabilities know of subjects that are removed, in the transaction of their removal."""
        gone = list(names)
        if gone:
            for act in self._on_removed:
                act(session, kind, gone)

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
        if facts is None or not actor.may(known.permission, facts.scope):
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
        return actor.may(self._kinds[facts.subject.kind].permission, facts.scope)

    def visible(
        self,
        actor: Actor,
        *,
        kind: InstrumentedAttribute[Any],
        model: InstrumentedAttribute[Any],
        project: InstrumentedAttribute[Any],
    ) -> ColumnElement[bool]:
        """Whether the actor may see the subject that a row is about: a condition that the database checks.

        `kind`, `model`, `project`: the row's columns with the subject's kind and place; both null: the installation's."""
        of: dict[Permission, list[str]] = {}
        for each in self._kinds.values():
            of.setdefault(each.permission, []).append(each.name)
        conditions = [
            and_(kind.in_(sorted(names)), _placed(model, project, actor, permission))
            for permission, names in sorted(of.items())
            if actor.may_somewhere(permission)
        ]
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


def _placed(
    model: InstrumentedAttribute[Any], project: InstrumentedAttribute[Any], actor: Actor, permission: Permission
) -> ColumnElement[bool]:
    """Whether the actor has a permission where the row's subject lies."""
    if actor.may(permission):
        return literal(True)
    return or_(
        and_(model.is_not(None), visible(model, actor, permission)),
        and_(model.is_(None), in_visible_project(project, actor, permission)),
    )


def _short(text: str) -> str:
    return ascii(text[:_SHOWN_CHARACTERS])
