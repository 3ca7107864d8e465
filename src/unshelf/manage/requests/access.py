"""Requests for access: a role on a model or a project, granted until a moment."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict, InvalidInput
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import Scope
from unshelf.manage.access.service import AccessService
from unshelf.manage.requests.request import Asked

_USUAL_ROLE = "caller"


class AccessRequests:
    """Asks for a role. Who grants it must be able to give that role anyway: a request widens nobody's rights but the asker's."""

    permission = Permission.MEMBERS_MANAGE

    def __init__(self, access: AccessService) -> None:
        self._access = access

    def check(self, _session: Session, actor: Actor, scope: Scope, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Return the role that is wanted, by its present name."""
        if scope.kind == "installation":
            raise InvalidInput("Access is asked for on a model or a project.", hint="Name one.")
        unknown = sorted(wanted.keys() - {"role"})
        if unknown:
            raise InvalidInput(f"{unknown[0][:80]!a} can't be asked for.", hint="Access is asked for as `role`.")
        role = self._access.roles.find(str(wanted.get("role") or _USUAL_ROLE))
        if scope.kind not in role.kinds:
            raise InvalidInput(
                f"The role {role.name} can't be granted on {scope}.",
                hint=f"It can be granted on: {', '.join(role.kinds)}.",
            )
        if all(actor.may(permission, scope) for permission in role.permissions):
            raise Conflict(f"You may do all that the role {role.name} allows on {scope} already.")
        return {"role": role.name}

    def grant(self, session: Session, decider: Actor, asked: Asked, expires_at: datetime | None) -> datetime | None:
        """Grant the role to the user who asked."""
        granted = self._access.grant_in(
            session, decider, holder_kind="user", holder=asked.asked_by_id, role=str(asked.wanted["role"]),
            scope=asked.scope, expires_at=expires_at, reason=f"request {asked.id}",
        )  # fmt: skip
        return granted.expires_at

    def next_step(self, asked: Asked) -> str:
        """Say how a token is made that is good for this alone."""
        until = "" if asked.expires_at is None else f" until {asked.expires_at:%Y-%m-%d %H:%M} UTC"
        text = f"You are {asked.wanted['role']} of {asked.scope}{until}."
        if asked.scope.kind != "model":
            return text
        return f"{text} A token for a program: unshelf requests token {asked.id}"
