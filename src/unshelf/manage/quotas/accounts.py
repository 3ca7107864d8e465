"""Accounts: the projects and people that something counts to, and the people behind the labels of what they made."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from unshelf.foundation.access.actors import stored_actor
from unshelf.manage.keys.tables import KeyRow
from unshelf.manage.users.tables import UserRow
from unshelf.manage.users.user import user_of

AccountKind = Literal["project", "user", "installation"]
EVERY = "*"
"""The account of everybody without a quota of their own, and of the installation."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """A project, a person, or the installation: the one that use counts to."""

    kind: AccountKind
    name: str
    """The project's name, the user's id, or `*` for the installation."""
    title: str
    """For people: `the project 'risk'`, `ada`, `the installation`."""
    labels: tuple[str, ...] = ()
    """The label in "by" of what a person made, and of what the keys made that they answer for; empty for other accounts."""

    def covers(
        self, *, project: ColumnElement[Any] | InstrumentedAttribute[Any], by: InstrumentedAttribute[str]
    ) -> ColumnElement[bool]:
        """Whether a row counts to this account. `project`, `by`: the columns with its project and the label of who made it."""
        if self.kind == "project":
            return project == self.name
        return by.in_(self.labels) if self.kind == "user" else true()


INSTALLATION_ACCOUNT = Account(kind="installation", name=EVERY, title="the installation")


def project_account(name: str) -> Account:
    """The account of a project."""
    return Account(kind="project", name=name, title=f"the project {name!r}")


def user_account(session: Session, user_id: str) -> Account | None:
    """The account of a user; None: there is none of this id."""
    row = session.get(UserRow, user_id)
    if row is None:
        return None
    keys = session.execute(select(KeyRow.name, KeyRow.id).where(KeyRow.owner == user_id))
    labels = [name if name == id else f"{name} ({id})" for name, id in keys]
    return Account(kind="user", name=user_id, title=row.name, labels=(user_of(row).label, *labels))


def accounts_of_makers(session: Session, labels: Iterable[str]) -> list[Account]:
    """The accounts of the people behind these labels: users, and those who answer for keys; without what is nobody's."""
    ids = [stored_actor(id=None, kind=None, label=label).id for label in sorted(set(labels))]
    users = set(session.scalars(select(UserRow.id).where(UserRow.id.in_(ids))))
    users |= {owner for owner in session.scalars(select(KeyRow.owner).where(KeyRow.id.in_(ids))) if owner}
    found = [user_account(session, user) for user in sorted(users)]
    return [account for account in found if account is not None]
