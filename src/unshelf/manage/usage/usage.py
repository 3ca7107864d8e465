"""Use of the machine as reports have it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Literal

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.records import COUNTED_PURPOSES

HOUR = 3600
Grouping = Literal["project", "person", "model", "version", "key", "job", "tier", "what"]
"""The groupings of reports; what: jobs, predictions, builds, …"""
_MONTHS = 12
_YEARS = range(1970, 9999)
"""The years of Unix time whose last month has one after it."""


@dataclass(frozen=True, kw_only=True)
class UsageAmounts:
    """Amounts, which add up."""

    cpu_seconds: float = 0.0
    """CPU time that the kernel accounted."""
    memory_gib_seconds: float = 0.0
    """Resident memory over time."""
    held_seconds: float = 0.0
    """Time for which resources of a tier were held, used or not."""
    gpu_seconds: float = 0.0
    """Time for which a GPU was held, times GPUs."""
    disk_gib_hours: float = 0.0
    """Files over time."""
    predictions: int = 0
    """Predictions, whatever came of them."""
    cost: float = 0.0
    """The cost, in the installation's currency."""

    def plus(self, other: "UsageAmounts") -> "UsageAmounts":
        """Add other amounts."""
        return UsageAmounts(**{name: getattr(self, name) + getattr(other, name) for name in AMOUNTS})

    def minus(self, other: "UsageAmounts") -> "UsageAmounts":
        """Take other amounts away; what rounding leaves below zero is zero."""
        return UsageAmounts(**{name: max(0, getattr(self, name) - getattr(other, name)) for name in AMOUNTS})


AMOUNTS = tuple(each.name for each in fields(UsageAmounts))


@dataclass(frozen=True, kw_only=True)
class Use:
    """Amounts with all that is known of whose they are. What is not known is empty."""

    what: str
    """jobs, predictions, kept warm, disk, …"""
    is_billed: bool
    project: str = ""
    model: str = ""
    version: int = 0
    job: str = ""
    tier: str = ""
    person: str = ""
    key: str = ""
    day: int = 0
    """Unix time of the day's beginning, divided by 86400; 0 in a report that has no days."""
    amounts: UsageAmounts

    def part(self, by: Grouping) -> str:
        """Return what it counts to in a report of this grouping; empty: to none of its own."""
        if by == "version":
            return f"{self.model}:{self.version}" if self.model and self.version else ""
        return str(getattr(self, by))


@dataclass(frozen=True, kw_only=True)
class UsageLine:
    """One line of a report."""

    name: str
    """The project, person, …; empty: what belongs to none."""
    what: str
    """The kind of use of a line without a name."""
    is_billed: bool
    amounts: UsageAmounts
    title: str = ""
    """The title, where the name is an id."""


@dataclass(frozen=True, kw_only=True)
class UsageReport:
    """Use within a month."""

    month: str
    by: Grouping
    project: str | None
    currency: str
    billed: list[UsageLine]
    """Lines that somebody pays for, the dearest first."""
    unbilled: list[UsageLine]
    """Lines that nobody is billed: other purposes, builds, checks, the platform itself."""

    @property
    def billed_total(self) -> UsageAmounts:
        """Everything that is billed."""
        return total_of(line.amounts for line in self.billed)

    @property
    def total(self) -> UsageAmounts:
        """Everything that was used."""
        return self.billed_total.plus(total_of(line.amounts for line in self.unbilled))


@dataclass(frozen=True, kw_only=True)
class Month:
    """A month, in UTC."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    @property
    def begin(self) -> datetime:
        """The first moment."""
        return datetime(self.year, self.number, 1, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        later = self.number == _MONTHS
        return datetime(self.year + later, 1 if later else self.number + 1, 1, tzinfo=UTC)

    @property
    def hours(self) -> range:
        """The hours, as UsageHourRow has them."""
        return range(int(self.begin.timestamp()) // HOUR, int(self.end.timestamp()) // HOUR)


def month_of(moment: datetime) -> Month:
    """Return the month of a moment."""
    moment = moment.astimezone(UTC)
    return Month(year=moment.year, number=moment.month)


def parse_month(text: str) -> Month:
    """Read `2026-11`. Raises InvalidInput."""
    year, _, number = text.partition("-")
    if len(text) == len("2026-11") and year.isascii() and year.isdigit() and number.isascii() and number.isdigit():
        month = Month(year=int(year), number=int(number))
        if month.year in _YEARS and 1 <= month.number <= _MONTHS:
            return month
    raise InvalidInput(f"{text[:40]!r} is no month.", hint="Write it as 2026-11.")


def total_of(amounts: Iterable[UsageAmounts]) -> UsageAmounts:
    """Add amounts up."""
    total = UsageAmounts()
    for each in amounts:
        total = total.plus(each)
    return total


def lines_of(uses: Iterable[Use], by: Grouping) -> list[UsageLine]:
    """Group uses; together the lines have all that the uses have."""
    found: dict[tuple[bool, str, str], UsageAmounts] = {}
    for use in uses:
        name = use.part(by)
        key = use.is_billed, name, "" if name and use.is_billed else use.what
        if not use.is_billed:
            key = False, "", use.what
        found[key] = found.get(key, UsageAmounts()).plus(use.amounts)
    lines = [
        UsageLine(is_billed=billed, name=name, what=what, amounts=amounts)
        for (billed, name, what), amounts in found.items()
    ]
    return sorted(lines, key=lambda line: (-line.amounts.cost, -line.amounts.cpu_seconds, line.name, line.what))


def is_billed_purpose(purpose: str) -> bool:
    """Whether predictions for this purpose are billed."""
    return purpose in COUNTED_PURPOSES


@dataclass(frozen=True, kw_only=True)
class ResourcePrices:
    """Prices of what runs on no tier with a price, and of the disk."""

    cpu_hour: float = 0.0
    memory_gib_hour: float = 0.0
    gpu_hour: float = 0.0
    disk_gib_month: float = 0.0


@dataclass(frozen=True, kw_only=True)
class PriceList:
    """All prices in force."""

    currency: str
    resources: ResourcePrices = field(default_factory=ResourcePrices)
    tiers: dict[str, float] = field(default_factory=dict)
    """Tier → the price of what is held on it, an hour. Tiers without a price are not in it."""

    def cost(self, amounts: UsageAmounts, tier: str = "") -> float:
        """Return the cost: by the hour held where the tier has a price, else by what was used; disk on top."""
        disk = amounts.disk_gib_hours * self.resources.disk_gib_month / _HOURS_A_MONTH
        if tier in self.tiers:
            return disk + amounts.held_seconds / HOUR * self.tiers[tier]
        used = (
            amounts.cpu_seconds * self.resources.cpu_hour
            + amounts.memory_gib_seconds * self.resources.memory_gib_hour
            + amounts.gpu_seconds * self.resources.gpu_hour
        )
        return disk + used / HOUR


_HOURS_A_MONTH = 730.0
"""The hours of a month in prices, as is usual."""
