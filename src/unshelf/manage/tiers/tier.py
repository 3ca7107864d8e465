"""A tier as people see it, and a right to use one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, Protocol

from sqlalchemy.orm import Session

from unshelf.contracts.tiers import Tier

RightHolder = Literal["user", "group", "role", "project"]


@dataclass(frozen=True, kw_only=True)
class OfferedTier:
    """A tier of this installation."""

    name: str
    hardware: Tier
    price: Decimal | None
    """The cost of a replica an hour; None: nothing was said."""
    currency: str
    restricted: bool
    """Whether only those with a right to it may use it."""


@dataclass(frozen=True, kw_only=True)
class TierRight:
    """A right to use a tier."""

    id: str
    tier: str
    holder_kind: RightHolder
    holder: str
    """The name of the user, group, role or project."""
    request: str | None
    created_at: datetime
    created_by: str
    expires_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class TierQueue:
    """How many more jobs of a tier could start now, and how many wait for a place."""

    free: int | None
    """None: what runs jobs does not answer."""
    waiting: int


class TierUses(Protocol):
    """Facts of a wing about what uses a tier."""

    def of_tier(
        self, session: Session, tier: str, *, project: str | None = None, makers: Sequence[str] | None = None
    ) -> list[str]:
        """Return references to what runs, or may run, on a tier: of a project, or made by those with these labels."""
