"""Users: invited, changed, deactivated and activated again."""

import re
from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.model_scopes import scope_of
from unshelf.foundation.access.scopes import Scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.ids import new_id
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.foundation.publication import Publisher
from unshelf.manage.access.service import AccessService
from unshelf.manage.projects.tables import ProjectRow
from unshelf.manage.users.belongings import Belonging, Keeper
from unshelf.manage.users.links import MAILED_WITH, LinkKind, OneTimeLink, end_links, forget_links, make_link
from unshelf.manage.users.tables import UserRow
from unshelf.manage.users.user import User, UserStatus, user_of

MailLink = Callable[[Session, Actor, User], bool]
"""Has a user written to who sets a password by a link, in the transaction that makes the link; False where they can't be."""
MustCover = Callable[[Session, Actor, str], None]
"""Raises Forbidden when the user with this id may do more, by any role, than the actor."""
OnHandedOver = Callable[[Session, User, User, list[Belonging]], None]
"""Called with the session of the change, who leaves, who takes over, and what."""
OnEnd = Callable[[Session, User], None]
"""Called in the transaction in which a user stops being one who may do anything."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
_TAKEN = frozenset({"admin", "system", "anonymous", "me"})
"""Names that stand for somebody or something else."""
_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f]{1,189}")
_FULL_NAME = re.compile(r"[^\x00-\x1f\x7f]{0,200}")


class UserService:
    """Keeps the users."""

    def __init__(
        self, database: Database, events: EventStore, publisher: Publisher, access: AccessService, must_cover: MustCover
    ) -> None:
        self._must_cover = must_cover
        self._database = database
        self._events = events
        self._publisher = publisher
        self._access = access
        self._keepers: list[Keeper] = []
        self._on_end: list[OnEnd] = []
        self._on_link: list[OnEnd] = []
        self._on_handed_over: list[OnHandedOver] = []
        self._mail_link: MailLink = lambda _session, _actor, _user: False

    def add_keeper(self, keeper: Keeper) -> None:
        """Have the belongings that somebody knows of shown and handed over when a user leaves."""
        self._keepers.append(keeper)

    def on_end(self, act: OnEnd) -> None:
        """Have something ended, such as sessions, in the transaction in which a user is deactivated."""
        self._on_end.append(act)

    def on_link(self, act: OnEnd) -> None:
        """Have sessions ended in the transaction in which another way to log in takes the place of the password."""
        self._on_link.append(act)

    def mail_links_by(self, mail: MailLink) -> None:
        """Have the links of invitations and resets go by e-mail, too."""
        self._mail_link = mail

    def invite(
        self,
        actor: Actor,
        *,
        name: str,
        email: str = "",
        full_name: str = "",
        role: str | None = None,
        scope: Scope | None = None,
    ) -> tuple[User, OneTimeLink]:
        """Make an account whose owner sets a password by the returned link; with `role`, it has that role on `scope` from the start.

        Raises Conflict for a name that is taken, and what AccessService.grant raises."""
        row = _new_row(actor.label, name=name, email=email, full_name=full_name)
        with self._database.transaction() as session:
            self._add(session, row)
            if role is not None and scope is not None:
                where = _found(session, scope)
                self._access.grant_in(session, actor, holder_kind="user", holder=row.id, role=role, scope=where)
            link = self._link(session, actor, row, "invitation")
            self.log(session, actor, "user.invited", user_of(row), after={"email": email, "full_name": full_name})
        self._publisher.publish()
        return user_of(row), link

    def make_link(self, actor: Actor, name: str) -> tuple[User, OneTimeLink]:
        """Make a new link for a user: of the invitation, when it was not accepted yet, else to set a new password.

        Raises NotFound, Conflict for a user who is deactivated or logs in elsewhere, and Forbidden for one who may do more than the
        actor: who has the link has the account."""
        with self._database.transaction() as session:
            row = self._row(session, name)
            self._must_rule(session, actor, row)
            if row.status == "deactivated":
                raise Conflict(f"{name} is deactivated.", hint=f"`unshelf users activate {name}` undoes that.")
            if row.issuer is not None:
                raise Conflict(f"{name} logs in with an identity provider, and has no password here.")
            kind: LinkKind = "invitation" if row.status == "invited" else "reset"
            link = self._link(session, actor, row, kind)
            self.log(session, actor, f"user.{kind}_link_made", user_of(row))
        return user_of(row), link

    def add_external(
        self, session: Session, actor: Actor, *, issuer: str, subject: str, name: str, email: str, full_name: str
    ) -> User:
        """Make an active account of somebody whom an identity provider knows, in the transaction of the login.

        Raises Conflict for a name that is taken, and InvalidInput for one that can't be."""
        row = _new_row(actor.label, name=name, email=email, full_name=full_name)
        row.issuer, row.subject, row.status = issuer, subject, "active"
        self._add(session, row)
        self.log(session, actor, "user.created", user_of(row), after={"issuer": issuer, "email": email})
        return user_of(row)

    def change(self, actor: Actor, name: str, *, email: str | None, full_name: str | None) -> User:
        """Change what a user is called and written to; None leaves it as it is. Raises NotFound."""
        _check(name="checked", email=email or "", full_name=full_name or "")
        with self._database.transaction() as session:
            row = self._row(session, name)
            self._must_rule(session, actor, row)
            before = {"email": row.email, "full_name": row.full_name}
            row.email = row.email if email is None else email
            row.full_name = row.full_name if full_name is None else full_name
            after = {"email": row.email, "full_name": row.full_name}
            if after != before:
                self.log(session, actor, "user.changed", user_of(row), before=before, after=after)
            if row.email != before["email"]:
                end_links(session, row.id, *MAILED_WITH.values())  # they went to the address of before
                if row.status == "invited":
                    self._mail_link(session, actor, user_of(row))
        return user_of(row)

    def belongings(self, name: str) -> list[Belonging]:
        """List what a user would leave behind. Raises NotFound."""
        with self._database.read() as session:
            return self._belongings(session, user_of(self._row(session, name)))

    def deactivate(
        self, actor: Actor, name: str, *, heir: str | None = None, leave: bool = False, reason: str = ""
    ) -> list[Belonging]:
        """End all that a user may do, everywhere, and hand over what they would leave behind; returns that.

        Raises NotFound; Conflict without an heir while something needs one, unless `leave` says to leave it without anybody."""
        with self._database.transaction() as session:
            row = self._row(session, name)
            user = user_of(row)
            if user.id == actor.id:
                raise Conflict("Nobody can deactivate themselves.", hint="Ask another administrator.")
            if user.status == "deactivated":
                return []
            self._must_rule(session, actor, row)
            left = self._belongings(session, user)
            if heir is not None:
                taking = self._heir(session, user, heir)
                self._hand_over(session, actor, user, taking)
                for tell in self._on_handed_over:
                    tell(session, user, taking, left)
            elif not leave and any(each.needs_heir for each in left):
                orphaned = ", ".join(f"{each.kind} {each.name}" for each in left if each.needs_heir)
                raise Conflict(
                    f"Nobody would answer any more for: {orphaned[:500]}.",
                    hint="Name who takes it over (`--to NAME`), or leave it without anybody (`--leave`).",
                )
            row.status, row.deactivated_at, row.password_hash = "deactivated", now(), None
            forget_links(session, user.id)
            for act in self._on_end:
                act(session, user)
            after = {"heir": heir} if heir is not None else None
            self.log(session, actor, "user.deactivated", user, after=after, reason=reason)
        self._publisher.publish()
        return left

    def activate(self, actor: Actor, name: str) -> tuple[User, OneTimeLink | None]:
        """Let a user in again, with the roles of before; a local one sets a password by the returned link. Raises NotFound.

        Tokens and sessions of before stay ended."""
        with self._database.transaction() as session:
            row = self._row(session, name)
            if row.status != "deactivated":
                raise Conflict(f"{name} is not deactivated.")
            self._must_rule(session, actor, row)
            is_local = row.issuer is None
            row.status, row.deactivated_at = "invited" if is_local else "active", None
            link = self._link(session, actor, row, "invitation") if is_local else None
            self.log(session, actor, "user.activated", user_of(row))
        self._publisher.publish()
        return user_of(row), link

    def list_for(self, *, status: UserStatus | None, limit: int, cursor: str | None = None) -> Page[User]:
        """List users by their names."""
        query = select(UserRow) if status is None else select(UserRow).where(UserRow.status == status)
        with self._database.read() as session:
            page = read_page(session, query, [SortKey(UserRow.name)], limit=limit, cursor=cursor)
        return Page(page.map(user_of), page.next_cursor)

    def find(self, name: str) -> User:
        """Return the user with this login name. Raises NotFound."""
        with self._database.read() as session:
            return user_of(self._row(session, name))

    def find_in(self, session: Session, name: str) -> User:
        """As `find`, in a session of the caller."""
        return user_of(self._row(session, name))

    def find_by_id(self, user_id: str) -> User | None:
        """The user with this id; None when there never was one."""
        with self._database.read() as session:
            row = session.get(UserRow, user_id)
        return None if row is None else user_of(row)

    def email_of(self, session: Session, user_id: str) -> str | None:
        """The e-mail address of an active user; None where there is none to write to."""
        row = session.get(UserRow, user_id)
        return row.email or None if row is not None and row.status == "active" else None

    def find_external(self, session: Session, issuer: str, subject: str) -> User | None:
        """The user whom an identity provider knows by this id; None for somebody who comes for the first time."""
        row = session.scalar(select(UserRow).where(UserRow.issuer == issuer, UserRow.subject == subject))
        return None if row is None else user_of(row)

    def welcome_back(self, session: Session, actor: Actor, user: User, *, email: str, full_name: str) -> User:
        """Note the login of a user whom an identity provider knows, and how it names them now, in the transaction of the login."""
        _check(name=user.name, email=email, full_name=full_name)
        row = session.get_one(UserRow, user.id)
        before = {"email": row.email, "full_name": row.full_name}
        row.email, row.full_name, row.last_login_at = email, full_name, now()
        after = {"email": row.email, "full_name": row.full_name}
        if after != before:
            self.log(session, actor, "user.changed", user_of(row), before=before, after=after)
        return user_of(row)

    def link(self, actor: Actor, name: str, *, issuer: str, subject: str) -> User:
        """Have a user log in with an identity provider from now on, which knows them by `subject`; their password and sessions end.

        Raises NotFound; Conflict for a user who is deactivated, and for a subject that another account has; Forbidden for a user who
        may do more than the actor: who has the subject has the account."""
        with self._database.transaction() as session:
            row = self._row(session, name)
            self._must_rule(session, actor, row)
            if row.status == "deactivated":
                raise Conflict(f"{name} is deactivated.", hint=f"`unshelf users activate {name}` undoes that.")
            other = self.find_external(session, issuer, subject)
            if other is not None and other.id != row.id:
                raise Conflict(f"{other.name} has this subject of the identity provider already.")
            row.issuer, row.subject, row.status, row.password_hash = issuer, subject, "active", None
            forget_links(session, row.id)
            for act in self._on_link:
                act(session, user_of(row))
            self.log(session, actor, "user.linked", user_of(row), after={"issuer": issuer, "subject": subject})
        return user_of(row)

    def log(self, session: Session, actor: Actor, action: str, user: User, **values: object) -> None:
        """Log an event about a user, as EventStore.record."""
        self._events.record(session, actor, action, Subject(kind="user", name=user.name), **values)  # type: ignore[arg-type]

    def on_handed_over(self, act: OnHandedOver) -> None:
        """Have something done in the transaction in which somebody takes over what a user leaves behind."""
        self._on_handed_over.append(act)

    def _link(self, session: Session, actor: Actor, row: UserRow, kind: LinkKind) -> OneTimeLink:
        """Make the link of an invitation or a reset, and have another one mailed where that can be done."""
        link = make_link(session, kind, row.id)
        return replace(link, is_mailed=self._mail_link(session, actor, user_of(row)))

    def _must_rule(self, session: Session, actor: Actor, row: UserRow) -> None:
        """Raise Forbidden for an account with more than the actor may do: a manager of users makes nobody's rights their own."""
        if row.id == actor.id and actor.bounds is not None:
            raise Forbidden(
                "A token that is good for a part of what its owner may do can't change its owner's account."
            )
        self._must_cover(session, actor, row.id)

    def _row(self, session: Session, name: str) -> UserRow:
        row = session.scalar(select(UserRow).where(UserRow.name == name))
        if row is None:
            raise NotFound(f"There is no user {name[:80]!r}.", hint="`unshelf users list` shows their names.")
        return row

    def _add(self, session: Session, row: UserRow) -> None:
        if session.scalar(select(UserRow.id).where(UserRow.name == row.name)) is not None:
            raise Conflict(f"There is a user {row.name!r} already.", hint="A name means one person, for good.")
        session.add(row)
        session.flush()

    def _belongings(self, session: Session, user: User) -> list[Belonging]:
        return [each for keeper in self._keepers for each in keeper.belongings_of(session, user)]

    def _heir(self, session: Session, user: User, name: str) -> User:
        heir = self.find_in(session, name)
        if heir.id == user.id or heir.status != "active":
            raise InvalidInput(f"{name} can't take anything over.", hint="Name another user, one who is active.")
        return heir

    def _hand_over(self, session: Session, actor: Actor, user: User, heir: User) -> None:
        for keeper in self._keepers:
            keeper.hand_over(session, actor, user, heir)


def _new_row(by: str, *, name: str, email: str, full_name: str) -> UserRow:
    _check(name=name, email=email, full_name=full_name)
    return UserRow(
        id=new_id(), name=name, email=email, full_name=full_name, password_hash=None, status="invited", issuer=None,
        subject=None, created_at=now(), created_by=by, last_login_at=None, deactivated_at=None,
    )  # fmt: skip


def _found(session: Session, scope: Scope) -> Scope:
    """The scope with the project that a model is in. Raises NotFound for a project that there is not."""
    if scope.kind == "model":
        return scope_of(session, scope.model)
    if scope.kind == "project" and session.get(ProjectRow, scope.project) is None:
        raise NotFound(f"There is no project {scope.project!r}.", hint="`unshelf projects` lists the projects.")
    return scope


def _check(*, name: str, email: str, full_name: str) -> None:
    if _NAME.fullmatch(name) is None or name in _TAKEN:
        raise InvalidInput(
            f"{name[:80]!a} can't be a login name.",
            hint=f"Use 2 to 64 characters of a-z, 0-9, - _ and . that begin with a letter or digit; not {', '.join(sorted(_TAKEN))}.",
        )
    if email and _EMAIL.fullmatch(email) is None:
        raise InvalidInput(f"{email[:80]!a} is no e-mail address.")
    if _FULL_NAME.fullmatch(full_name) is None:
        raise InvalidInput("A full name is at most 200 printable characters.")
