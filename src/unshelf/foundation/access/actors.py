"""Actors: who acts, and what was granted to them."""

import re
from dataclasses import dataclass, field
from typing import Literal, cast

from unshelf.contracts.errors import Forbidden, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.scopes import INSTALLATION, Scope

ActorKind = Literal["user", "service_account", "group", "system", "anonymous"]

_LABEL_WITH_ID = re.compile(r".* \(([0-9a-z]+)\)", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Grant:
    """Permissions on a scope."""

    permissions: frozenset[Permission]
    scope: Scope


@dataclass(frozen=True, kw_only=True)
class Actor:
    """A user, a service account, or the platform itself. Without grants it may do nothing."""

    id: str
    kind: ActorKind
    label: str
    """The name that people read in "by" and in events: unambiguous also when a name was used again."""
    grants: tuple[Grant, ...] = field(default=(), repr=False)
    bounds: tuple[Grant, ...] | None = field(default=None, repr=False)
    """The part that the token at hand is good for, of all that its owner was granted; None: all of it."""
    credential: str = field(default="", repr=False)
    """The id of the token or the session that a user acts with; empty for everybody else."""

    def may(self, permission: Permission, scope: Scope = INSTALLATION) -> bool:
        """Whether the permission is granted for a scope that covers this one, and the token is good for it."""
        return all(any(each.covers(scope) for each in granted) for granted in self.scopes(permission))

    def may_somewhere(self, permission: Permission) -> bool:
        """Whether the permission is granted, and the token good for it, for any scope at all."""
        return all(self.scopes(permission))

    def must(self, permission: Permission, scope: Scope = INSTALLATION) -> None:
        """Raise Forbidden unless `may`."""
        if self.may(permission, scope):
            return
        where = f" for {scope}" if self.may_somewhere(permission) else ""
        raise Forbidden(
            f"{self.label!r} does not have the permission {permission}{where}.",
            hint="Ask an owner of the project, or an administrator, for a role that has it; `unshelf roles` lists the roles.",
        )

    def must_somewhere(self, permission: Permission) -> None:
        """Raise Forbidden unless `may_somewhere`."""
        if not self.may_somewhere(permission):
            self.must(permission)

    def must_be_whole(self) -> None:
        """Raise Forbidden for a token that is good for a part of what its owner may do: the owner's account is no part of it."""
        if self.bounds is not None:
            raise Forbidden(
                "A token that is good for a part of what its owner may do can't be used for the account itself.",
                hint="Log in, or use a token without bounds.",
            )

    def must_see(self, scope: Scope) -> None:
        """Raise NotFound when a user may not see a model or project: as for one that there is not.

        Keys are for named models; one for others is refused the same way whether or not there is such a model."""
        permission = Permission.MODEL_READ if scope.kind == "model" else Permission.PROJECT_READ
        if self.kind == "user" and scope.kind != "installation" and not self.may(permission, scope):
            name = scope.model if scope.kind == "model" else scope.project
            raise NotFound(
                f"There is no {scope.kind} {name[:80]!r}, or you may not see it.",
                hint=f"`unshelf {scope.kind}s` lists those that you may see.",
            )

    def scopes(self, permission: Permission) -> list[list[Scope]]:
        """Where the permission is granted, then, for a token with bounds, where these have it: something must be in each."""
        sides = [self.grants] if self.bounds is None else [self.grants, self.bounds]
        return [[grant.scope for grant in side if permission in grant.permissions] for side in sides]


SYSTEM = Actor(id="system", kind="system", label="system")
"""The platform as an actor, for its own background work."""


def stored_actor(*, id: str | None, kind: str | None, label: str) -> Actor:
    """The actor that was stored, without grants: for work that goes on after its request.

    Without id or kind, as earlier releases stored it, the label says what it can."""
    if id is not None and kind is not None:
        return Actor(id=id, kind=cast(ActorKind, kind), label=label)
    if label == SYSTEM.label:
        return SYSTEM
    found = _LABEL_WITH_ID.fullmatch(label)
    return Actor(id=found[1] if found else label, kind="service_account", label=label)
