"""Tiers on the wire."""

from datetime import datetime
from decimal import Decimal

from pydantic import Field

from unshelf.foundation.web.schemas import AnswerModel, RequestModel
from unshelf.manage.tiers.tier import OfferedTier, RightHolder, TierQueue

_TEN_YEARS = 10 * 366 * 86_400


class TierDetail(AnswerModel):
    """A tier."""

    name: str
    """The name, as in `[resources] tier`."""
    cpu: float
    """Cores' worth of time of a replica."""
    memory_bytes: int
    """Memory of a replica."""
    gpu: int
    """Whole GPUs of a replica."""
    threads: int
    """Threads that BLAS and OpenMP start for one computation."""
    price: float | None
    """The cost of a replica an hour; null: nothing was said."""
    currency: str
    """The currency of the price; empty without one."""
    restricted: bool
    """Whether only those with a right to it may use it."""
    may_use: bool
    """Whether the actor of this call may use it."""
    free: int | None
    """How many more jobs of it could start now; null: it is not known."""
    waiting: int
    """How many jobs of it wait for a place."""


class TierList(AnswerModel):
    """All tiers."""

    tiers: list[TierDetail]
    """The tiers, in the order of the settings."""


class TierRequest(RequestModel):
    """The price of a tier, and whether it takes a right."""

    price: Decimal | None = Field(default=None, ge=0, lt=1_000_000_000, decimal_places=6, examples=[0.4])
    """The cost of a replica an hour; null: nothing is said."""
    currency: str = Field(default="", max_length=16, pattern=r"^[^\x00-\x1f\x7f]*$", examples=["EUR"])
    """The currency of the price."""
    restricted: bool = False
    """Whether only those with a right to it may use it."""
    reason: str = Field(default="", max_length=1000)
    """A sentence for those who read the events."""


class TierRightRequest(RequestModel):
    """A right to give."""

    kind: RightHolder = "user"
    """The kind of holder: user, group, role (everybody who may do all that it allows, where the model lies), project."""
    name: str = Field(min_length=1, max_length=200, examples=["ana"])
    """The login name of the user, or the name of the group, role or project."""
    expires_in_seconds: float | None = Field(default=None, gt=0, le=_TEN_YEARS, examples=[604_800])
    """How long it is given for; null: until it is taken away."""
    reason: str = Field(default="", max_length=1000)
    """A sentence for those who read the events."""


class TierRightDetail(AnswerModel):
    """A right to use a tier."""

    id: str
    """The id, by which it is taken away."""
    tier: str
    """The name of the tier."""
    holder_kind: RightHolder
    """user, group, role or project."""
    holder: str
    """The name of the user, group, role or project."""
    request: str | None
    """The id of the request that it was granted by; null: none."""
    created_at: datetime
    """When it was given."""
    created_by: str
    """The label of the actor who gave it."""
    expires_at: datetime | None
    """When it ends; null: when it is taken away."""


class TierRightList(AnswerModel):
    """Rights that have not ended, the oldest first."""

    rights: list[TierRightDetail]
    """The rights."""


def tier_view(tier: OfferedTier, *, may_use: bool, queue: TierQueue | None) -> TierDetail:
    """A tier as the actor sees it."""
    return TierDetail(
        name=tier.name, cpu=tier.hardware.cpu, memory_bytes=tier.hardware.memory_bytes, gpu=tier.hardware.gpu,
        threads=tier.hardware.threads, price=None if tier.price is None else float(tier.price), currency=tier.currency,
        restricted=tier.restricted, may_use=may_use, free=None if queue is None else queue.free,
        waiting=0 if queue is None else queue.waiting,
    )  # fmt: skip
