"""A request, and the kinds that wings add."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from sqlalchemy.orm import Session

from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import Scope

RequestState = Literal["open", "granted", "refused", "withdrawn"]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request with its answer."""

    id: str
    kind: str
    scope: Scope
    """The model, the project or the installation that it is about, as it is placed now."""
    wanted: Mapping[str, Any]
    reason: str
    asked_by_id: str
    asked_by: str
    asked_at: datetime
    state: RequestState
    decided_at: datetime | None
    decided_by: str | None
    decision_reason: str
    expires_at: datetime | None


class RequestKind(Protocol):
    """A kind of thing that can be asked for."""

    permission: Permission
    """The permission to decide, on what the request is about."""

    def check(self, _session: Session, actor: Actor, scope: Scope, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is asked for, complete. Raises NotFound for what the actor may not see, InvalidInput and Conflict."""

    def grant(self, session: Session, decider: Actor, asked: Asked, expires_at: datetime | None) -> datetime | None:
        """Give what is asked for until then, in the transaction of the decision; returns when it ends, with the decider's own right
        at the latest. Raises Forbidden."""

    def next_step(self, asked: Asked) -> str:
        """Return a sentence for who asked: what to do now that it is granted."""
