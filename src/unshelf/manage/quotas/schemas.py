"""Quotas on the wire."""

from datetime import datetime

from pydantic import Field

from unshelf.foundation.web.schemas import AnswerModel, RequestModel
from unshelf.manage.quotas.accounts import AccountKind

_MOST_BYTES = 1 << 62
_MOST = 1_000_000_000


class QuotaRequest(RequestModel):
    """At least one limit; what is left out is not limited."""

    cores: float | None = Field(default=None, ge=0, le=_MOST, examples=[8])
    """Cores of all replicas together."""
    memory_bytes: int | None = Field(default=None, ge=0, le=_MOST_BYTES)
    """Memory of all replicas together, as their tiers say."""
    gpus: int | None = Field(default=None, ge=0, le=_MOST)
    """GPUs of all replicas together."""
    disk_bytes: int | None = Field(default=None, ge=0, le=_MOST_BYTES)
    """Files of versions and datasets, and what was uploaded for them; each counts once."""
    replicas: int | None = Field(default=None, ge=0, le=_MOST, examples=[4])
    """Replicas that run, or that callers can have started."""


class QuotaAmounts(AnswerModel):
    """Limits; null: not limited."""

    cores: float | None
    """Cores."""
    memory_bytes: int | None
    """Bytes of memory."""
    gpus: int | None
    """GPUs."""
    disk_bytes: int | None
    """Bytes of files."""
    replicas: int | None
    """Replicas."""


class UsedAmounts(AnswerModel):
    """Amounts that are used."""

    cores: float
    """Cores."""
    memory_bytes: int
    """Bytes of memory."""
    gpus: int
    """GPUs."""
    disk_bytes: int
    """Bytes of files."""
    replicas: int
    """Replicas."""


class QuotaIncrease(AnswerModel):
    """An increase that was granted on request."""

    request: str
    """The id of the request."""
    limits: QuotaAmounts
    """The limits that it raised, and to what."""
    expires_at: datetime | None
    """When it ends; null: when the quota is removed."""


class QuotaDetail(AnswerModel):
    """A quota, and what is used of it."""

    kind: AccountKind
    """project, user or installation."""
    name: str
    """The project's name, the login name of the user, or `*`: each without a quota of its own, or the installation."""
    limits: QuotaAmounts | None
    """The limits in force, increases included; null: none."""
    is_default: bool
    """Whether they are those of all without a quota of their own."""
    used: UsedAmounts
    """The amounts that are used now; of `*` nothing is said."""
    increases: list[QuotaIncrease]
    """The increases in force."""
    set_at: datetime | None
    """When the quota was set; null: there is none."""
    set_by: str | None
    """The label of the actor who set it."""


class QuotaList(AnswerModel):
    """The quotas that were set."""

    quotas: list[QuotaDetail]
    """The quotas, the installation's first."""


class OwnQuota(AnswerModel):
    """The actor's own quota."""

    quota: QuotaDetail | None
    """The quota with what is used of it; null: a key that nobody answers for."""
