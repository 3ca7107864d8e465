"""A personal token, as services know it, and the part of its owner's rights that it is good for."""

from dataclasses import dataclass
from datetime import datetime

from unshelf.contracts.permissions import Permission, with_reads
from unshelf.foundation.access.actors import Grant
from unshelf.foundation.access.scopes import INSTALLATION, Scope, model_scope, project_scope
from unshelf.manage.access.roles import Roles
from unshelf.manage.personal_tokens.tables import PersonalTokenRow

TOKEN_PREFIX = "unshelf_pat_"  # noqa: S105 -- the part that is the same in every personal token


@dataclass(frozen=True, kw_only=True)
class PersonalToken:
    """A personal token, without its secret."""

    id: str
    user_id: str
    name: str
    role: str | None
    permissions: list[str] | None
    projects: list[str] | None
    models: list[str] | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


def token_of(row: PersonalTokenRow) -> PersonalToken:
    """The token of a row."""
    return PersonalToken(
        id=row.id, user_id=row.user_id, name=row.name, role=row.role, permissions=row.permissions, projects=row.projects,
        models=row.models, created_at=row.created_at, expires_at=row.expires_at, revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )  # fmt: skip


def bounds_of(row: PersonalTokenRow, roles: Roles) -> tuple[Grant, ...] | None:
    """Return what a token is good for at most; None: all that its owner may do.

    A role or permission that this release does not know any more gives nothing."""
    if row.role is None and row.permissions is None and row.projects is None and row.models is None:
        return None
    permissions = frozenset(Permission)
    if row.role is not None:
        permissions = roles.permissions_of(row.role)
    elif row.permissions is not None:
        permissions = with_reads(each for each in Permission if each.value in row.permissions)
    return tuple(Grant(permissions=permissions, scope=scope) for scope in _scopes(row.projects, row.models))


def _scopes(projects: list[str] | None, models: list[str] | None) -> list[Scope]:
    if models is not None:
        return [model_scope(model, project=project) for project in projects or [""] for model in models]
    return [INSTALLATION] if projects is None else [project_scope(project) for project in projects]
