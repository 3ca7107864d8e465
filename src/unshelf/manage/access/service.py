"""Grants: who has which role where, and what somebody may do by all roles together."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from sqlalchemy import ColumnElement, Select, and_, delete, or_, select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor, Grant, end_within, unseen
from unshelf.foundation.access.model_scopes import scope_of
from unshelf.foundation.access.scopes import DEFAULT_PROJECT, INSTALLATION, Scope, ScopeKind, model_scope, project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.ids import new_id
from unshelf.foundation.publication import Publisher
from unshelf.manage.access.roles import OWNER, Roles
from unshelf.manage.access.tables import GrantRow

HolderKind = Literal["user", "group"]
GrantSource = Literal["local", "provider"]
"""The source of a role: a grant made here, or the groups of an identity provider."""
OnChange = Callable[[Session, HolderKind, str], None]
"""Called in the transaction of a change with the kind and the id of whose roles change."""
IsLive = Callable[[Session, HolderKind, str], bool]
"""Whether somebody acts for a holder: a user who is active, or a group that has such a member."""
HasModel = Callable[[Session, str], bool]
"""Whether there is a model of this name."""

FOR_EVERY_USER = (
    Grant(permissions=frozenset({Permission.MODEL_READ}), scope=model_scope("*", project="", visibility="internal")),
    Grant(permissions=frozenset({Permission.MODEL_PREDICT}), scope=model_scope("*", project="", visibility="public")),
    Grant(permissions=frozenset({Permission.PROJECTS_CREATE, Permission.REQUESTS_CREATE}), scope=INSTALLATION),
)
"""All that everybody who is logged in may do, without a role."""


@dataclass(frozen=True, kw_only=True)
class GrantedRole:
    """A role that somebody has somewhere."""

    id: str
    holder_kind: HolderKind
    holder: str
    role: str
    scope_kind: ScopeKind
    scope: str
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    source: GrantSource


class AccessService:
    """Keeps the grants. Nobody grants what they may not do themselves."""

    def __init__(self, database: Database, events: EventStore, publisher: Publisher, roles: Roles) -> None:
        self._database = database
        self._events = events
        self._publisher = publisher
        self.roles = roles
        self._on_change: list[OnChange] = []
        self._is_live: IsLive = lambda _session, _kind, _holder: True
        self.has_model: HasModel = lambda _session, _model: True

    def on_change(self, act: OnChange) -> None:
        """Have something done in the transaction of each change, such as marking routes stale."""
        self._on_change.append(act)

    def know_holders(self, is_live: IsLive) -> None:
        """Count as owners of projects only those holders that `is_live` says somebody acts for."""
        self._is_live = is_live

    def know_models(self, has_model: HasModel) -> None:
        """Grant roles only on models that there are: a later one of the name must not come with people who have a role on it."""
        self.has_model = has_model

    def grant(
        self,
        actor: Actor,
        *,
        holder_kind: HolderKind,
        holder: str,
        role: str,
        scope: Scope,
        expires_at: datetime | None = None,
        reason: str = "",
    ) -> GrantedRole:
        """Give a role to a user or group that exists; the same role again only changes when it expires.

        Without an end it ends with the actor's own right. Raises InvalidInput for a role that can't be granted there, Forbidden for one
        with more, or for longer, than the actor may do there, Conflict for an end to the role of a project's last owner, NotFound."""
        with self._database.transaction() as session:
            granted = self.grant_in(
                session, actor, holder_kind=holder_kind, holder=holder, role=role, scope=scope, expires_at=expires_at,
                reason=reason,
            )  # fmt: skip
        self._publisher.publish()
        return granted

    def grant_in(
        self,
        session: Session,
        actor: Actor,
        *,
        holder_kind: HolderKind,
        holder: str,
        role: str,
        scope: Scope,
        expires_at: datetime | None = None,
        reason: str = "",
        is_founding: bool = False,
        is_transfer: bool = False,
    ) -> GrantedRole:
        """As `grant`, in the transaction of something larger; then the caller publishes. `is_founding`: the first role of a new
        project, which needs no permission. `is_transfer`: somebody else's role that is handed over, and does not end with the actor's."""
        wanted = self.roles.find(role)
        if scope.kind not in wanted.kinds:
            raise InvalidInput(
                f"The role {wanted.name} can't be granted on {scope}.",
                hint=f"It can be granted on: {', '.join(wanted.kinds)}.",
            )
        if expires_at is not None and expires_at <= now():
            raise InvalidInput("The role would have expired already.", hint="Give a moment to come.")
        if not is_founding:
            self._must_grant(actor, wanted.name, scope)
        if not (is_founding or is_transfer):
            limit = actor.end_of({Permission.MEMBERS_MANAGE, *wanted.permissions}, scope)
            expires_at = end_within(expires_at, limit, f"The role {wanted.name}")
        if scope.kind == "model" and not self.has_model(session, scope.model):
            raise unseen(scope)
        row = session.scalar(
            _at(scope).where(_held_by(holder_kind, holder), GrantRow.role == wanted.name, GrantRow.source == "local")
        )
        if row is not None and expires_at is not None:
            self._must_keep_an_owner(session, row)
        if row is None:
            row = GrantRow(
                id=new_id(), holder_kind=holder_kind, holder=holder, role=wanted.name, scope_kind=scope.kind,
                scope=_name_of(scope), created_at=now(), created_by=actor.label, expires_at=expires_at, source="local",
            )  # fmt: skip
            session.add(row)
        row.expires_at = expires_at
        detail = {"holder": holder, "holder_kind": holder_kind, "role": wanted.name}
        if expires_at is not None:
            detail["expires_at"] = expires_at.isoformat()
        self._log(session, actor, "role.granted", scope, after=detail, reason=reason)
        self._changed(session, holder_kind, holder)
        return _granted(row)

    def revoke(self, actor: Actor, grant_id: str, *, reason: str = "") -> None:
        """Take a role away. Raises NotFound, Forbidden for a role with more than the actor may do there, and Conflict for that of
        a project's last owner."""
        with self._database.transaction() as session:
            row = session.get(GrantRow, grant_id)
            if row is None:
                raise NotFound(f"There is no grant {grant_id[:80]!r}.", hint="The list of members shows their ids.")
            scope = _scope_of(session, row)
            if not actor.may(Permission.MEMBERS_MANAGE, scope):
                raise NotFound(f"There is no grant {grant_id[:80]!r}.", hint="The list of members shows their ids.")
            self._must_grant(actor, row.role, scope)
            if row.source == "provider":
                raise Conflict(
                    "This role comes from a group of the identity provider.",
                    hint="Take the user out of that group there; it is in force at their next login.",
                )
            self._must_keep_an_owner(session, row)
            session.delete(row)
            self._log(
                session, actor, "role.revoked", scope, reason=reason,
                before={"holder": row.holder, "holder_kind": row.holder_kind, "role": row.role},
            )  # fmt: skip
            self._changed(session, cast(HolderKind, row.holder_kind), row.holder)
        self._publisher.publish()

    def replace_provided(
        self, session: Session, actor: Actor, user_id: str, wanted: Collection[tuple[str, Scope]]
    ) -> None:
        """Give a user exactly these roles of an identity provider, in the transaction of a login, and take its others away.

        Roles that were granted here stay as they are. Then the caller publishes."""
        provided = select(GrantRow).where(_held_by("user", user_id), GrantRow.source == "provider")
        held = {(row.role, row.scope_kind, row.scope): row for row in session.scalars(provided)}
        new = {(self.roles.find(role).name, scope.kind, _name_of(scope)): scope for role, scope in wanted}
        for key in [key for key in held if key not in new]:
            before = {"holder": user_id, "holder_kind": "user", "role": key[0]}
            self._log(session, actor, "role.revoked", _scope_of(session, held[key]), before=before, reason="")
            session.delete(held[key])
        for (role, kind, name), scope in [(key, scope) for key, scope in new.items() if key not in held]:
            session.add(
                GrantRow(
                    id=new_id(), holder_kind="user", holder=user_id, role=role, scope_kind=kind, scope=name,
                    created_at=now(), created_by=actor.label, expires_at=None, source="provider",
                )
            )  # fmt: skip
            after = {"holder": user_id, "holder_kind": "user", "role": role}
            self._log(session, actor, "role.granted", scope, after=after, reason="")
        if held.keys() != new.keys():
            self._changed(session, "user", user_id)

    def granted_on(self, scope: Scope) -> list[GrantedRole]:
        """List the roles granted on exactly this scope that have not expired, the oldest first."""
        with self._database.read() as session:
            rows = session.scalars(_at(scope).where(_in_force()).order_by(GrantRow.created_at, GrantRow.id))
            return [_granted(row) for row in rows]

    def granted_to(self, holder_kind: HolderKind, holder: str) -> list[GrantedRole]:
        """List the roles of a user or group that have not expired, the oldest first."""
        query = select(GrantRow).where(_held_by(holder_kind, holder), _in_force())
        with self._database.read() as session:
            return [_granted(row) for row in session.scalars(query.order_by(GrantRow.created_at, GrantRow.id))]

    def grants_for(self, session: Session, user: str, groups: Iterable[str]) -> tuple[Grant, ...]:
        """Return all that a user may do: by own roles, by those of the groups, and as everybody."""
        return self.grants_among(session, {user: list(groups)})[user]

    def grants_among(self, session: Session, groups_of: dict[str, list[str]]) -> dict[str, tuple[Grant, ...]]:
        """Return the same for many users: user → all that they may do. `groups_of`: user → ids of their groups."""
        groups = sorted({group for theirs in groups_of.values() for group in theirs})
        held = or_(
            and_(GrantRow.holder_kind == "user", GrantRow.holder.in_(list(groups_of))),
            and_(GrantRow.holder_kind == "group", GrantRow.holder.in_(groups)),
        )
        rows = list(session.scalars(select(GrantRow).where(held, _in_force()).order_by(GrantRow.id)))
        by_holder: dict[tuple[str, str], list[Grant]] = {}
        for row in rows:
            grant = Grant(
                permissions=self.roles.permissions_of(row.role), scope=_stored_scope(row), expires_at=row.expires_at
            )
            by_holder.setdefault((row.holder_kind, row.holder), []).append(grant)
        found = {}
        for user, theirs in groups_of.items():
            grants = by_holder.get(("user", user), [])
            for group in theirs:
                grants = grants + by_holder.get(("group", group), [])
            found[user] = (*grants, *FOR_EVERY_USER)
        return found

    def holders_of(self, session: Session, permission: Permission, scope: Scope) -> list[tuple[HolderKind, str]]:
        """List the users and groups that have a role with a permission on a scope, or on one that covers it: kind and id."""
        on = [GrantRow.scope_kind == "installation"]
        if scope.project:
            on.append(and_(GrantRow.scope_kind == "project", GrantRow.scope == scope.project))
        if scope.kind == "model":
            on.append(and_(GrantRow.scope_kind == "model", GrantRow.scope == scope.model))
        rows = session.scalars(select(GrantRow).where(or_(*on), _in_force()).order_by(GrantRow.id))
        found = [
            (cast(HolderKind, row.holder_kind), row.holder)
            for row in rows
            if permission in self.roles.permissions_of(row.role)
        ]
        return list(dict.fromkeys(found))

    def must_cover(
        self, session: Session, actor: Actor, holders: Iterable[tuple[HolderKind, str]], *, is_given: bool = False
    ) -> None:
        """Raise Forbidden when these users and groups have a role with more than the actor may do where they have it. `is_given`:
        somebody has these roles from now on, as by a place in a group, so that none may outlast the actor's own right."""
        held = or_(*(_held_by(kind, holder) for kind, holder in holders))
        for row in session.scalars(select(GrantRow).where(held, _in_force()).order_by(GrantRow.id)):
            scope = _scope_of(session, row)
            self._must_have(actor, row.role, scope)
            if is_given:
                actor.must_outlast(row.expires_at, self.roles.permissions_of(row.role), scope)

    def forget(self, session: Session, holder_kind: HolderKind, holder: str) -> None:
        """Take all roles away from a user or group, in the transaction of its end."""
        session.execute(delete(GrantRow).where(_held_by(holder_kind, holder)))
        self._changed(session, holder_kind, holder)

    def forget_model(self, session: Session, model: str, actor: Actor) -> None:
        """Take away all roles on a model, in the transaction of its end: a later model of its name must not have them."""
        rows = list(session.scalars(_at(model_scope(model))))
        for row in rows:
            session.delete(row)
            before = {"holder": row.holder, "holder_kind": row.holder_kind, "role": row.role}
            self._log(session, actor, "role.revoked", scope_of(session, model), before=before, reason="")
        for row in rows:
            self._changed(session, cast(HolderKind, row.holder_kind), row.holder)

    def owned_by(self, session: Session, holder_kind: HolderKind, holder: str) -> list[str]:
        """Return the projects that a user or group owns by a role of its own that does not end."""
        return sorted(
            session.scalars(_ownership().with_only_columns(GrantRow.scope).where(_held_by(holder_kind, holder)))
        )

    def owners_of(self, session: Session, project: str) -> list[tuple[HolderKind, str]]:
        """List the users and groups that own a project by a role of their own that does not end: kind and id."""
        rows = session.scalars(_ownership().where(GrantRow.scope == project).order_by(GrantRow.id))
        return [(cast(HolderKind, row.holder_kind), row.holder) for row in rows]

    def has_owner(self, session: Session, project: str, *, but: str = "") -> bool:
        """Whether somebody who acts owns a project without an end; `but`: not by the grant with this id."""
        rows = session.scalars(_ownership().where(GrantRow.scope == project, GrantRow.id != but))
        return any(self._is_live(session, cast(HolderKind, row.holder_kind), row.holder) for row in rows)

    def must_have_owners(self, session: Session, projects: Iterable[str]) -> None:
        """Raise Conflict when one of these projects has no owner any more."""
        for project in projects:
            if project != DEFAULT_PROJECT and not self.has_owner(session, project):
                raise _last_owner(project)

    def _must_keep_an_owner(self, session: Session, row: GrantRow) -> None:
        """Raise Conflict when this is the only role of an owner of a project that does not end, and that somebody acts by."""
        if (row.role, row.scope_kind, row.expires_at) != (OWNER, "project", None) or row.scope == DEFAULT_PROJECT:
            return
        is_live = self._is_live(session, cast(HolderKind, row.holder_kind), row.holder)
        if is_live and not self.has_owner(session, row.scope, but=row.id):
            raise _last_owner(row.scope)

    def _must_grant(self, actor: Actor, role: str, scope: Scope) -> None:
        actor.must(Permission.MEMBERS_MANAGE, scope)
        self._must_have(actor, role, scope)

    def _must_have(self, actor: Actor, role: str, scope: Scope) -> None:
        more = sorted(permission for permission in self.roles.permissions_of(role) if not actor.may(permission, scope))
        if more:
            raise Forbidden(
                f"The role {role} has permissions that {actor.label!r} does not have for {scope}: {', '.join(more[:5])}.",
                hint="Nobody can grant, or take away, more than they may do themselves. Ask an administrator.",
            )

    def _log(
        self,
        session: Session,
        actor: Actor,
        action: str,
        scope: Scope,
        *,
        before: dict[str, str] | None = None,
        after: dict[str, str] | None = None,
        reason: str,
    ) -> None:
        subject = Subject(
            kind=scope.kind, name=_name_of(scope), project=scope.project or None, model=scope.model or None
        )
        self._events.record(session, actor, action, subject, before=before, after=after, reason=reason)

    def _changed(self, session: Session, holder_kind: HolderKind, holder: str) -> None:
        session.flush()
        for act in self._on_change:
            act(session, holder_kind, holder)


def _ownership() -> Select[GrantRow]:
    return select(GrantRow).where(
        GrantRow.scope_kind == "project",
        GrantRow.role == OWNER,
        GrantRow.expires_at.is_(None),
        GrantRow.source == "local",
    )


def _last_owner(project: str) -> Conflict:
    return Conflict(
        f"This is the last owner of the project {project!r}.",
        hint="Grant the role owner to somebody else first, without an end. Who is deactivated, and a group without anybody in it, is none.",
    )


def _scope_of(session: Session, row: GrantRow) -> Scope:
    if row.scope_kind == "model":
        return scope_of(session, row.scope)
    return _stored_scope(row)


def _at(scope: Scope) -> Select[GrantRow]:
    return select(GrantRow).where(GrantRow.scope_kind == scope.kind, GrantRow.scope == _name_of(scope))


def _name_of(scope: Scope) -> str:
    return scope.model if scope.kind == "model" else scope.project


def _stored_scope(row: GrantRow) -> Scope:
    """The scope as it is granted: a model's stays with its name, whichever project it moves to."""
    if row.scope_kind == "installation":
        return INSTALLATION
    return project_scope(row.scope) if row.scope_kind == "project" else model_scope(row.scope, project="")


def _held_by(kind: HolderKind, holder: str) -> ColumnElement[bool]:
    return and_(GrantRow.holder_kind == kind, GrantRow.holder == holder)


def _in_force() -> ColumnElement[bool]:
    return or_(GrantRow.expires_at.is_(None), GrantRow.expires_at > now())


def _granted(row: GrantRow) -> GrantedRole:
    return GrantedRole(
        id=row.id, holder_kind=cast(HolderKind, row.holder_kind), holder=row.holder, role=row.role,
        scope_kind=cast(ScopeKind, row.scope_kind), scope=row.scope, created_at=row.created_at,
        created_by=row.created_by, expires_at=row.expires_at, source=cast(GrantSource, row.source),
    )  # fmt: skip
