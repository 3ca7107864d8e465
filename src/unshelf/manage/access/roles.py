"""Roles: named sets of permissions. The only place that knows their names; everything else asks for permissions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.permissions import Permission, with_reads
from unshelf.contracts.references import NAME_RULE, is_name
from unshelf.foundation.access.actors import Grant
from unshelf.foundation.access.scopes import INSTALLATION, Scope, ScopeKind, model_scope

KeyRole = Literal["predict", "deploy", "admin", "caller", "labeller", "recorder", "contributor", "administrator"]
"""Roles of keys; the first three are the names that earlier releases gave to `caller`, `contributor` and `administrator`."""
OLD_NAMES = {"predict": "caller", "deploy": "contributor", "admin": "administrator"}

OWNER = "owner"
"""The role that each project keeps somebody in."""


@dataclass(frozen=True, kw_only=True)
class Role:
    """A named set of permissions."""

    name: str
    description: str
    """A sentence for people."""
    permissions: frozenset[Permission]
    kinds: tuple[ScopeKind, ...] = ("installation", "project", "model")
    """The kinds of scope that it can be granted on."""
    is_own: bool = False
    """Whether this installation's configuration defines it."""


_APP_USER = frozenset({Permission.APPS_USE})
_CALLER = frozenset({Permission.MODEL_PREDICT, Permission.MODEL_READ})
_LABELLER = frozenset({Permission.LABELS_WRITE, Permission.MODEL_READ})
_RECORDER = frozenset({Permission.RECORDS_WRITE, Permission.MODEL_READ})
_VIEWER = frozenset(
    {
        Permission.PROJECT_READ,
        Permission.MODEL_READ,
        Permission.MODEL_INSPECT,
        Permission.ALERTS_READ,
        Permission.ENVIRONMENTS_READ,
        Permission.JOBS_READ,
    }
)
_EVIDENCE = _VIEWER | {
    Permission.RECORDS_READ,
    Permission.DATA_READ,
    Permission.METRICS_READ,
}
_VALIDATOR = _EVIDENCE | {Permission.MODEL_CHECK, Permission.COMMENTS_WRITE}
_APPROVER = _EVIDENCE | {Permission.MODEL_APPROVE, Permission.REQUESTS_DECIDE, Permission.COMMENTS_WRITE}
_CONTRIBUTOR = with_reads(
    _CALLER
    | _LABELLER
    | _RECORDER
    | _VALIDATOR
    | {
        Permission.APPS_MANAGE,
        Permission.MODEL_DEPLOY,
        Permission.MODEL_RELEASE,
        Permission.MODEL_DELETE,
        Permission.SECRETS_MANAGE,
        Permission.DATA_MANAGE,
        Permission.ENVIRONMENTS_BUILD,
        Permission.JOBS_RUN,
        Permission.ALERTS_MANAGE,
    }
)
_OWNER = with_reads(
    _CONTRIBUTOR
    | _APPROVER
    | {
        Permission.PROJECT_MANAGE,
        Permission.MEMBERS_MANAGE,
        Permission.KEYS_MANAGE,
        Permission.DEFERRED_MANAGE,
    }
)
_AUDITOR = _EVIDENCE | {
    Permission.AUDIT_READ,
    Permission.USAGE_READ,
    Permission.PLATFORM_READ,
    Permission.DEPLOYS_READ,
    Permission.SECRETS_READ,
    Permission.KEYS_READ,
    Permission.USERS_READ,
}

_ROLES = (
    Role(name="app-user", description="Uses apps, and sees nothing else.", permissions=_APP_USER),
    Role(name="viewer", description="Sees the project, its models and alerts.", permissions=_VIEWER),
    Role(name="caller", description="Calls models.", permissions=_CALLER),
    Role(name="labeller", description="Sends labels: the truth about predictions.", permissions=_LABELLER),
    Role(
        name="recorder", description="Sends records of models that run elsewhere.", permissions=_RECORDER
    ),
    Role(
        name="contributor", permissions=_CONTRIBUTOR,
        description="Deploys models and releases, pauses, watches and removes them; adds data, environments and secrets.",
    ),
    Role(
        name="validator", permissions=_VALIDATOR,
        description="Reads all evidence, runs checks with own data, comments; changes nothing else.",
    ),
    Role(name="approver", permissions=_APPROVER, description="Reads all evidence, approves or refuses."),
    Role(name=OWNER, permissions=_OWNER, description="Everything in a project: members, goals, keys, requests."),
    Role(
        name="auditor", permissions=_AUDITOR, description="Reads everything, also all events; changes nothing.",
        kinds=("installation", "project"),
    ),
    Role(
        name="administrator", permissions=frozenset(Permission), description="Everything in the installation.",
        kinds=("installation",),
    ),
)  # fmt: skip


class Roles:
    """The roles of this installation: the built-in ones, and those of its configuration."""

    def __init__(self, own: Mapping[str, list[str]] | None = None) -> None:
        """`own`: role → permissions. Raises ValueError for a name that is taken, and for a permission that there is not."""
        self._roles = {role.name: role for role in _ROLES}
        for name, permissions in (own or {}).items():
            if name in self._roles or name in OLD_NAMES:
                raise ValueError(f"the role {name!r} is built in, and can't be defined again")
            if not is_name(name):
                raise ValueError(f"{name[:80]!a} may be no role's name: {NAME_RULE}")
            unknown = sorted(set(permissions) - set(Permission))
            if unknown:
                raise ValueError(f"the role {name!r} names permissions that there are not: {', '.join(unknown)}")
            granted = with_reads(map(Permission, permissions))
            self._roles[name] = Role(
                name=name, description="Defined by this installation.", permissions=granted, is_own=True
            )

    def all(self) -> list[Role]:
        """Return all roles, the built-in ones first."""
        return list(self._roles.values())

    def find(self, name: str) -> Role:
        """Return a role by its name, or by the name it had in earlier releases. Raises InvalidInput."""
        role = self._roles.get(OLD_NAMES.get(name, name))
        if role is None:
            raise InvalidInput(f"There is no role {name[:80]!r}.", hint=f"The roles are {', '.join(self._roles)}.")
        return role

    def permissions_of(self, name: str) -> frozenset[Permission]:
        """Return the permissions of a role that was stored; none for one that is not known any more."""
        role = self._roles.get(OLD_NAMES.get(name, name))
        return frozenset() if role is None else role.permissions


BUILT_IN = Roles()


def permissions_of(role: str) -> frozenset[Permission]:
    """Return the permissions of a built-in role; none for a role that is not known here."""
    return BUILT_IN.permissions_of(role)


def grants_of(role: str, models: list[str] | None, project: str | None = None) -> tuple[Grant, ...]:
    """Return a key's grants: its role on the models of a project that match these glob patterns.

    Without a project, of any project; without models and project, on the whole installation."""
    permissions = permissions_of(role)
    if models is not None:
        scopes = [model_scope(pattern, project=project or "") for pattern in models]
    else:
        scopes = [INSTALLATION if project is None else Scope(kind="project", project=project)]
    return tuple(Grant(permissions=permissions, scope=scope) for scope in scopes)
