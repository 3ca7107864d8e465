"""A quota as others see it, and what tells how much is used."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Select
from sqlalchemy.orm import Session

from unshelf.manage.quotas.accounts import Account, AccountKind
from unshelf.manage.quotas.resources import QuotaLimits, ResourceAmounts


@dataclass(frozen=True, kw_only=True)
class Increase:
    """An increase of a quota, granted on request."""

    request: str
    limits: QuotaLimits
    expires_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Quota:
    """The quota of an account, with what it uses now."""

    kind: AccountKind
    name: str
    """The project's name, the login name of the user, or `*`."""
    limits: QuotaLimits | None
    """The limits in force, increases included; None: there are none."""
    is_default: bool
    """Whether it is the quota of all that have none of their own."""
    used: ResourceAmounts
    increases: list[Increase]
    set_at: datetime | None
    set_by: str | None


class UsageSource(Protocol):
    """Facts of a wing about what runs, or may run at any moment."""

    def used(self, session: Session, account: Account) -> ResourceAmounts:
        """Return what counts to an account: cores, memory, GPUs, replicas."""


class DiskSource(Protocol):
    """Facts of a wing about files that are kept."""

    def files(self, account: Account) -> list[Select[str, int]]:
        """Select the digest and the bytes of each file that counts to an account. A file counts once, however often it is selected."""
