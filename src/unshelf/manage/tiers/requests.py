"""Requests for a tier that not everybody may use, granted until a moment."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict, InvalidInput
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor, end_within
from unshelf.foundation.access.scopes import Scope
from unshelf.manage.requests.request import Asked
from unshelf.manage.tiers.service import TierService


class TierRequests:
    """Asks for the right to a tier. Who decides requests of the whole installation grants it: an approver there, an administrator."""

    permission = Permission.REQUESTS_DECIDE

    def __init__(self, tiers: TierService) -> None:
        self._tiers = tiers

    def check(self, session: Session, actor: Actor, scope: Scope, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Return the tier that is wanted."""
        if scope.kind != "installation":
            raise InvalidInput("A tier is the installation's: ask for it without a model and a project.")
        if wanted.keys() != {"tier"}:
            raise InvalidInput("A tier is asked for by its name.", hint='Send {"tier": NAME}.')
        tier = str(wanted["tier"])
        self._tiers.must_exist(tier)
        if self._tiers.may(session, actor, tier):
            raise Conflict(f"You may use the tier {tier!r} already.")
        return {"tier": tier}

    def grant(self, session: Session, decider: Actor, asked: Asked, expires_at: datetime | None) -> datetime | None:
        """Give who asked the right to the tier."""
        end = end_within(expires_at, decider.end_of({self.permission}, asked.scope), "The right to a tier")
        self._tiers.grant_in(
            session, decider, str(asked.wanted["tier"]), "user", asked.asked_by_id, expires_at=end,
            request=asked.id, reason=f"request {asked.id}",
        )  # fmt: skip
        return end

    def next_step(self, asked: Asked) -> str:
        """Say what may be deployed now."""
        until = "" if asked.expires_at is None else f" until {asked.expires_at:%Y-%m-%d %H:%M} UTC"
        return f"You may use the tier {asked.wanted['tier']}{until}: unshelf deploy PATH --tier {asked.wanted['tier']}"
