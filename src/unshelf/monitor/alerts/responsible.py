"""People who hear of an alert: who is responsible, who follows, and to whom it is escalated."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor, stored_actor
from unshelf.foundation.access.model_scopes import scope_of
from unshelf.foundation.access.scopes import INSTALLATION, Scope
from unshelf.foundation.events.event import Subject
from unshelf.manage.access.service import HolderKind
from unshelf.manage.keys.service import ADMIN
from unshelf.manage.watching.service import WatchService
from unshelf.monitor.support.service import SupportService
from unshelf.monitor.support.support import Contact

MakerOf = Callable[[Session, str], str | None]
"""Finds the label of who deployed the latest version of a model; None: it has none."""


class PeopleFinder(Protocol):
    """People and groups, as alerts need them."""

    def members(self, session: Session, group_id: str) -> list[str]:
        """Return the ids of a group's members."""

    def with_permission(self, session: Session, permission: Permission, scope: Scope) -> list[str]:
        """Return the ids of the active users who have a permission on a scope."""

    def of(self, session: Session, user_id: str) -> Actor | None:
        """Return a user with what they may do now; None unless there is such a user, who is active."""

    def groups_among(self, session: Session, user_ids: Iterable[str]) -> dict[str, list[str]]:
        """Return user → ids of the groups that they are in."""


class ProjectOwners(Protocol):
    """Owners of projects, as alerts need them."""

    def owners_of(self, session: Session, project: str) -> list[tuple[HolderKind, str]]:
        """List the users and groups that own a project: kind and id."""


def has_account(people: Iterable[str]) -> bool:
    """Whether one of these is more than the embedded administrator."""
    return any(person != ADMIN for person in people)


@dataclass(frozen=True, kw_only=True)
class Responsible:
    """Finds who hears of alerts. The first stage with somebody who may see the alert, and did not mute it, decides."""

    support: SupportService
    watching: WatchService
    access: ProjectOwners
    people: PeopleFinder
    maker_of: MakerOf

    def first(self, session: Session, subject: Subject, assignee: Contact | None = None) -> list[str]:
        """Return the ids of who answers for an alert: whom it is assigned to; else the owner that is set for the model, who
        deployed its latest version, the owner that is set for the project, its owners; else the administrators."""
        stages: list[Callable[[], Iterable[str]]] = [lambda: self._holders(session, assignee)]
        if subject.model is not None:
            stages += self._of_model(session, subject.model)
        return self._first(session, subject, stages)

    def followers(self, session: Session, subject: Subject) -> list[str]:
        """Return the ids of who follows the alert, its model or its project."""
        return [each.actor.id for each in self.watching.followers_of(session, subject)]

    def next(self, session: Session, subject: Subject, escalations: int) -> list[str]:
        """Return the ids of those to whom an alert is escalated after a number of escalations: whom the model or its project names,
        else the owners of the project; after that the administrators."""
        stages: list[Callable[[], Iterable[str]]] = []
        if escalations == 0 and subject.model is not None:
            project = scope_of(session, subject.model).project
            named = self.support.of_model(session, subject.model).escalate_to
            stages = [lambda: self._holders(session, named), lambda: self._owners(session, project)]
        return self._first(session, subject, stages)

    def _of_model(self, session: Session, model: str) -> list[Callable[[], Iterable[str]]]:
        project = scope_of(session, model).project
        return [
            lambda: self._holders(session, self.support.of_model(session, model).owner),
            lambda: self._maker(session, model),
            lambda: self._holders(session, self.support.of_project(session, project).owner),
            lambda: self._owners(session, project),
        ]

    def _first(self, session: Session, subject: Subject, stages: list[Callable[[], Iterable[str]]]) -> list[str]:
        scope = INSTALLATION if subject.model is None else scope_of(session, subject.model)
        muted = self.watching.muted_by(session, subject)
        last: Callable[[], Iterable[str]] = lambda: self._administrators(session)  # noqa: E731 -- a stage like the others
        for stage in [*stages, last]:
            found = [
                person
                for person in dict.fromkeys(stage())
                if person not in muted and self._may_see(session, person, scope)
            ]
            if found:
                return found
        return [ADMIN]  # nobody has an account: the laptop of one person, or an installation that is new

    def has_hearer(self, session: Session, subject: Subject, assignee: Contact | None = None) -> bool:
        """Whether somebody with an account answers for an alert."""
        return has_account(self.first(session, subject, assignee))

    def _may_see(self, session: Session, person: str, scope: Scope) -> bool:
        actor = self.people.of(session, person)
        return actor is not None and actor.may(Permission.ALERTS_READ, scope)

    def _holders(self, session: Session, contact: Contact | None) -> list[str]:
        return [] if contact is None else self._people_of(session, contact.kind, contact.id)

    def _people_of(self, session: Session, kind: HolderKind, id: str) -> list[str]:
        return [id] if kind == "user" else self.people.members(session, id)

    def _maker(self, session: Session, model: str) -> list[str]:
        label = self.maker_of(session, model)
        return [] if label is None else [stored_actor(id=None, kind=None, label=label).id]

    def _owners(self, session: Session, project: str) -> list[str]:
        return [
            person
            for kind, id in self.access.owners_of(session, project)
            for person in self._people_of(session, kind, id)
        ]

    def _administrators(self, session: Session) -> list[str]:
        return self.people.with_permission(session, Permission.PLATFORM_MANAGE, INSTALLATION)
