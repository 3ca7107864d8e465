"""Actors: who acts, and what was granted to them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
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
    expires_at: datetime | None = None
    """When it ends; None: when it is taken away."""


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
    expires_at: datetime | None = field(default=None, repr=False)
    """When the token at hand ends; None: it does not, or it is no token."""

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

    def end_of(self, permissions: Iterable[Permission], scope: Scope) -> datetime | None:
        """Return when the first of these permissions on a scope ends for the actor, as granted now; None: none of them does."""
        ends = []
        for permission in permissions:
            held = [each for each in self.grants if permission in each.permissions and each.scope.covers(scope)]
            moments = [each.expires_at for each in held if each.expires_at is not None]
            if moments and len(moments) == len(held):
                ends.append(max(moments))
        return min(ends, default=None)

    def must_outlast(self, end: datetime | None, permissions: Iterable[Permission], scope: Scope) -> None:
        """Raise Forbidden when one of these permissions on a scope ends for the actor before `end`; None: never."""
        limit = self.end_of(permissions, scope)
        if limit is not None and (end is None or end > limit):
            raise Forbidden(
                f"This would last longer than what {self.label!r} may do for {scope}, which ends on {limit:%Y-%m-%d %H:%M:%S} UTC.",
                hint="Ask somebody whose right does not end.",
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
            raise unseen(scope)

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


def end_within(wanted: datetime | None, limit: datetime | None, what: str) -> datetime | None:
    """Return when something ends that may last until `limit` at most; `wanted` None: as long as it may.

    Raises Forbidden for more; `what`: the thing, as in "A key"."""
    if limit is None or (wanted is not None and wanted <= limit):
        return wanted
    if wanted is None:
        return limit
    raise Forbidden(
        f"{what} may last until {limit:%Y-%m-%d %H:%M:%S} UTC at most: then the right ends by which it is made.",
        hint="Give an earlier end, or leave it out.",
    )


def unseen(scope: Scope) -> NotFound:
    """The answer for a model or project that there is not, and, word for word, for one that a user may not see."""
    name = scope.model if scope.kind == "model" else scope.project
    return NotFound(
        f"There is no {scope.kind} {name[:80]!r}, or you may not see it.",
        hint=f"`unshelf {scope.kind}s` lists those that you may see.",
    )
