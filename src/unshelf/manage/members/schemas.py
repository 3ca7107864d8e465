"""Roles, and those who have them, on the wire."""

from datetime import datetime

from pydantic import Field

from unshelf.foundation.access.scopes import ScopeKind
from unshelf.foundation.web.schemas import AnswerModel, RequestModel
from unshelf.manage.access.service import GrantSource, HolderKind
from unshelf.manage.members.service import Membership

_TEN_YEARS = 10 * 366 * 86_400


class RoleDescription(AnswerModel):
    """A role: a named set of permissions."""

    name: str
    """The name by which it is granted."""
    description: str
    """A sentence for people."""
    permissions: list[str]
    """The permissions that it grants."""
    kinds: list[ScopeKind]
    """Where it can be granted: installation, project, model."""
    is_own: bool
    """Whether this installation's settings define it."""


class RoleList(AnswerModel):
    """All roles, the built-in ones first."""

    roles: list[RoleDescription]
    """The roles."""


class GrantRequest(RequestModel):
    """A role to grant."""

    kind: HolderKind = "user"
    """The kind of holder: user or group."""
    name: str = Field(min_length=1, max_length=200, examples=["ana"])
    """The login name of the user, or the name of the group."""
    role: str = Field(max_length=64, examples=["contributor"])
    """The name of the role."""
    expires_in_seconds: float | None = Field(default=None, gt=0, le=_TEN_YEARS, examples=[604_800])
    """How long it is granted for; null: until it is taken away."""
    reason: str = Field(default="", max_length=1000)
    """A sentence for those who read the events."""


class Member(AnswerModel):
    """A role of a user or a group somewhere."""

    id: str
    """The id of the grant, by which it is taken away."""
    kind: HolderKind
    """user or group."""
    name: str
    """The login name of the user, or the name of the group."""
    role: str
    """The name of the role."""
    scope: ScopeKind
    """Where it is granted: installation, project or model."""
    on: str
    """The name of the project or the model; empty for the installation."""
    created_at: datetime
    """When it was granted."""
    created_by: str
    """The label of the actor who granted it."""
    expires_at: datetime | None
    """When it ends; null: when it is taken away."""
    source: GrantSource
    """local, granted here; or provider: it follows from the groups of the identity provider, at each login anew."""


class MemberList(AnswerModel):
    """Roles that have not expired, the oldest first."""

    members: list[Member]
    """The roles with their holders."""


def member_view(member: Membership) -> Member:
    """A role with its holder's name."""
    granted = member.granted
    return Member(
        id=granted.id, kind=granted.holder_kind, name=member.name, role=granted.role, scope=granted.scope_kind,
        on=granted.scope, created_at=granted.created_at, created_by=granted.created_by, expires_at=granted.expires_at,
        source=granted.source,
    )  # fmt: skip
