"""Requests for a larger quota of a project, granted by who may set quotas, until a moment."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict, InvalidInput
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor, end_within
from unshelf.foundation.access.scopes import INSTALLATION, Scope
from unshelf.manage.quotas.accounts import project_account
from unshelf.manage.quotas.resources import QuotaLimits, limits_text
from unshelf.manage.quotas.service import QuotaService
from unshelf.manage.requests.request import Asked

_NAMES = tuple(field.name for field in fields(QuotaLimits))
_MOST = 1 << 62


class QuotaRequests:
    """Asks that a project may use up to so much. What it may use now is never made less."""

    permission = Permission.QUOTAS_MANAGE

    def __init__(self, quotas: QuotaService) -> None:
        self._quotas = quotas

    def check(self, session: Session, actor: Actor, scope: Scope, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Return the limits that are wanted. Only who may deploy in the project asks for more."""
        if scope.kind != "project":
            raise InvalidInput("A quota is asked for a project.", hint="Name one.")
        actor.must(Permission.MODEL_DEPLOY, scope)
        unknown = sorted(wanted.keys() - set(_NAMES))
        if unknown or not wanted:
            what = f"{unknown[0][:80]!a} can't be asked for" if unknown else "Nothing is asked for"
            raise InvalidInput(f"{what}.", hint=f"A quota has: {', '.join(_NAMES)}.")
        asked = {name: _amount(name, wanted[name]) for name in _NAMES if name in wanted}
        limits = self._quotas.limits_of(session, project_account(scope.project))
        given = {} if limits is None else limits.given
        if all(given.get(name, value) >= value for name, value in asked.items()):
            raise Conflict(f"The quota of {scope} allows that already.")
        return asked

    def grant(self, session: Session, decider: Actor, asked: Asked, expires_at: datetime | None) -> datetime | None:
        """Increase the quota."""
        end = end_within(expires_at, decider.end_of({self.permission}, INSTALLATION), "A larger quota")
        self._quotas.increase(
            session, asked.scope.project, QuotaLimits(**asked.wanted), request=asked.id, by=decider.label,
            expires_at=end,
        )  # fmt: skip
        return end

    def next_step(self, asked: Asked) -> str:
        """Say how much may be used now."""
        until = "" if asked.expires_at is None else f" until {asked.expires_at:%Y-%m-%d %H:%M} UTC"
        wanted = limits_text(QuotaLimits(**asked.wanted))
        return f"{asked.scope} may use {wanted}{until}: deploy again.".replace("the", "The", 1)


def _amount(name: str, value: Any) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= _MOST or (name != "cores" and value != int(value)):
        raise InvalidInput(
            f"{name} can't be {value!a:.40}.",
            hint="Give a number: of cores, of bytes, or a whole one of GPUs and replicas.",
        )
    return float(value) if name == "cores" else int(value)
