"""The service of members: roles on the installation, projects and models, granted to users and groups by their names."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from unshelf.foundation.access.actors import Actor, unseen
from unshelf.foundation.access.model_scopes import scopes_among
from unshelf.foundation.access.scopes import INSTALLATION, Scope, model_scope, project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.publication import Publisher
from unshelf.manage.access.holders import Holders
from unshelf.manage.access.service import AccessService, GrantedRole, HolderKind
from unshelf.manage.projects.lookup import find_project


@dataclass(frozen=True, kw_only=True)
class Membership:
    """A role that a user or a group has somewhere, with the name of its holder."""

    name: str
    granted: GrantedRole


@dataclass(frozen=True, kw_only=True)
class WantedRole:
    """A role to grant to somebody."""

    holder_kind: HolderKind
    name: str
    """The login name of the user, or the name of the group."""
    role: str
    expires_in_seconds: float | None = None
    """None: until it is taken away."""
    reason: str = ""


class MemberService:
    """Grants roles to users and groups by their names, and lists who has which."""

    def __init__(self, database: Database, publisher: Publisher, access: AccessService, holders: Holders) -> None:
        self._database = database
        self._publisher = publisher
        self._access = access
        self._holders = holders

    def of_installation(self) -> list[Membership]:
        """List the roles on the whole installation, the oldest first."""
        return self._on(INSTALLATION)

    def of_project(self, project: str) -> list[Membership]:
        """List the roles on a project, the oldest first. Raises NotFound without such a project."""
        return self._on(self._project_scope(project))

    def of_model(self, model: str) -> list[Membership]:
        """List the roles on a model alone, the oldest first: those on its project are not among them."""
        return self._on(self._model_scope(model))

    def grant_on_installation(self, actor: Actor, wanted: WantedRole) -> Membership:
        """Grant a role on the whole installation. Raises NotFound without such a user or group, and what `AccessService.grant`
        raises."""
        return self._grant(actor, INSTALLATION, wanted)

    def grant_on_project(self, actor: Actor, project: str, wanted: WantedRole) -> Membership:
        """Grant a role on a project that there is."""
        return self._grant(actor, self._project_scope(project), wanted)

    def grant_on_model(self, actor: Actor, model: str, wanted: WantedRole) -> Membership:
        """Grant a role on a model that there is."""
        return self._grant(actor, self._model_scope(model), wanted)

    def _grant(self, actor: Actor, scope: Scope, wanted: WantedRole) -> Membership:
        seconds = wanted.expires_in_seconds
        expires_at = None if seconds is None else now() + timedelta(seconds=seconds)
        with self._database.transaction() as session:
            holder = self._holders.id_of(session, wanted.holder_kind, wanted.name)
            granted = self._access.grant_in(
                session, actor, holder_kind=wanted.holder_kind, holder=holder, role=wanted.role, scope=scope,
                expires_at=expires_at, reason=wanted.reason,
            )  # fmt: skip
            session.flush()
            (member,) = self._named(session, [granted])
        self._publisher.publish()
        return member

    def revoke(self, actor: Actor, grant_id: str, *, reason: str = "") -> None:
        """Take a role away, as `AccessService.revoke`."""
        self._access.revoke(actor, grant_id, reason=reason)

    def _project_scope(self, project: str) -> Scope:
        with self._database.read() as session:
            return project_scope(find_project(session, project).name)

    def _model_scope(self, model: str) -> Scope:
        with self._database.read() as session:
            scope = scopes_among(session, [model]).get(model)
        if scope is None:
            raise unseen(model_scope(model))
        return scope

    def _on(self, scope: Scope) -> list[Membership]:
        granted = self._access.granted_on(scope)
        with self._database.read() as session:
            return self._named(session, granted)

    def _named(self, session: Session, granted: Iterable[GrantedRole]) -> list[Membership]:
        roles = list(granted)
        names: dict[tuple[str, str], str] = {}
        kinds: tuple[HolderKind, ...] = ("user", "group")
        for kind in kinds:
            ids = sorted({role.holder for role in roles if role.holder_kind == kind})
            names |= {(kind, id): name for id, name in self._holders.names_of(session, kind, ids).items()}
        return [Membership(name=names[role.holder_kind, role.holder], granted=role) for role in roles]
