"""Use on the wire."""

from typing import Annotated

from pydantic import Field

from unshelf.foundation.web.schemas import AnswerModel, RequestModel
from unshelf.manage.usage.usage import Grouping

Price = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]


class UsageAmountsView(AnswerModel):
    """Amounts."""

    cpu_seconds: float
    """CPU time, as the kernel accounted it, in seconds."""
    memory_gib_seconds: float
    """Resident memory over time, in GiB × seconds."""
    held_seconds: float
    """Time for which resources of a tier were held, used or not, in seconds."""
    gpu_seconds: float
    """Time for which GPUs were held, in seconds × GPUs."""
    disk_gib_hours: float
    """Files over time, in GiB × hours."""
    predictions: int
    """Predictions, whatever came of them."""
    cost: float
    """The cost, in the currency of the report."""


class UsageLineView(AnswerModel):
    """One line of a report."""

    name: str
    """The project, person, model, version, key, job or tier; empty: what belongs to none."""
    what: str
    """The kind of use of a line without a name: `kept warm`, `builds`, `platform: gateway`."""
    title: str
    """The title of a job, whose name is its id; empty: the name says it."""
    amounts: UsageAmountsView
    """The amounts."""


class UsageReportView(AnswerModel):
    """Use within a month. The lines together have everything."""

    month: str
    """The month, in UTC: `2026-11`."""
    by: Grouping
    """The grouping of the lines."""
    project: str | None
    """The project that it is of; null: all that one may see."""
    currency: str
    """The currency of costs."""
    billed: list[UsageLineView]
    """Lines that somebody is billed for, the dearest first."""
    unbilled: list[UsageLineView]
    """Lines that nobody is billed: predictions for other purposes, builds, checks, the platform itself; without `usage.read`, those of
    projects that one may see."""
    billed_total: UsageAmountsView
    """Everything that is billed."""
    total: UsageAmountsView
    """Everything that was used."""


class UsageDay(AnswerModel):
    """Billed use of one day."""

    day: str
    """The day, in UTC: `2026-11-30`."""
    lines: list[UsageLineView]
    """As in a report, the dearest first."""


class UsageDays(AnswerModel):
    """Billed use, day by day."""

    month: str
    """The month, in UTC."""
    currency: str
    """The currency of costs."""
    days: list[UsageDay]
    """Days on which something was used, in order."""


class JobCost(AnswerModel):
    """Use by a job so far."""

    currency: str
    """The currency of the cost."""
    amounts: UsageAmountsView
    """The amounts, all attempts together."""
    copies: int
    """The jobs that were made from it, and from those: copies, trials of sweeps, starts of schedules."""
    with_copies: UsageAmountsView
    """The amounts of it and of all of these together."""


class GroupCost(AnswerModel):
    """Use by the jobs of a sweep or of a run of a pipeline, so far."""

    currency: str
    """The currency of the cost."""
    jobs: int
    """The jobs that were begun."""
    amounts: UsageAmountsView
    """The amounts of all of them together."""


class ResourcePricesView(AnswerModel):
    """Prices of what runs on no tier with a price, and of the disk."""

    cpu_hour: float
    """An hour of CPU time."""
    memory_gib_hour: float
    """A GiB of memory for an hour."""
    gpu_hour: float
    """A GPU for an hour."""
    disk_gib_month: float
    """A GiB on the disk for a month (730 hours)."""


class PricesView(AnswerModel):
    """All prices in force."""

    currency: str
    """The installation's currency."""
    resources: ResourcePricesView
    """Prices of resources."""
    tiers: dict[str, float]
    """Tier → price of what is held on it, an hour."""
    foreign: list[str]
    """Tiers whose price is in another currency, and so costs nothing in reports."""


class PricesRequest(RequestModel):
    """Prices to change; those that are not given stay."""

    cpu_hour: Price | None = Field(default=None, examples=[0.03])
    """An hour of CPU time."""
    memory_gib_hour: Price | None = Field(default=None, examples=[0.004])
    """A GiB of memory for an hour."""
    gpu_hour: Price | None = Field(default=None, examples=[1.2])
    """A GPU for an hour."""
    disk_gib_month: Price | None = Field(default=None, examples=[0.08])
    """A GiB on the disk for a month (730 hours)."""
