"""Custom metrics and what they found, as values."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.monitoring.metrics import FUNCTION, MOST_CODE, Better, name_fault
from unshelf.monitor.performance.estimates.confidence import Z95
from unshelf.monitor.performance.metrics import Metric

_FEW = 30
"""Rows below which samples of them say nothing of the rows that there might have been."""


@dataclass(frozen=True, kw_only=True)
class MetricDefinition:
    """A metric as somebody defines it."""

    code: str
    """The content of a Python file."""
    function: str
    """The function in it."""
    description: str = ""
    better: Better = "neither"
    """Which values are better; neither: no alert is raised about it."""
    tier: str = "small"
    """The hardware that it is evaluated on."""


@dataclass(frozen=True, kw_only=True)
class CustomMetric:
    """A version of a metric of a model."""

    model: str
    name: str
    number: int
    """1, 2, … of this metric."""
    definition: MetricDefinition
    created_at: datetime
    created_by: str


class PartValue(msgspec.Struct, frozen=True, kw_only=True):
    """The value of a metric on some rows of a day."""

    value: float
    low: float | None = None
    high: float | None = None
    spread: float | None = None
    """The standard deviation over bootstrap samples; None: there were none."""
    rows: int

    @property
    def is_known(self) -> bool:
        """Whether all of it can be counted with: what comes out of a sandbox is a stranger's."""
        numbers = [self.value, *(each for each in (self.low, self.high, self.spread) if each is not None)]
        return all(map(math.isfinite, numbers)) and self.rows > 0


class DayFound(msgspec.Struct, frozen=True, kw_only=True):
    """A day as the program of a metric reports it."""

    day: str
    problem: str = ""
    """Why there is no value; empty: there is."""
    parts: dict[str, PartValue] = {}
    """Slice (`COLUMN=VALUE`; empty: all rows) → value."""
    left_out: int = 0
    """Slices without a value."""
    why: str = ""
    """The reason of the first of them."""


class DaysFound(msgspec.Struct, frozen=True, kw_only=True):
    """Results of the program of a metric."""

    days: list[DayFound]


def together(name: str, parts: Iterable[PartValue]) -> Metric | None:
    """Return the value of several days: their mean, weighted by rows; None: there are none.

    The interval of one day is that of its bootstrap samples; of several the normal one, from the spread of each. There is none for few
    rows, and none where a day has no samples."""
    known = list(parts)
    rows = sum(part.rows for part in known)
    if not rows:
        return None
    if len(known) == 1:
        low, high = (known[0].low, known[0].high) if rows >= _FEW else (None, None)
        return Metric(name=name, value=known[0].value, low=low, high=high, custom=True)
    value = sum(part.value * part.rows for part in known) / rows
    spreads = [part.spread for part in known]
    if rows < _FEW or any(spread is None for spread in spreads):
        return Metric(name=name, value=value, custom=True)
    half = Z95 * math.sqrt(
        sum(((spread or 0.0) * part.rows / rows) ** 2 for spread, part in zip(spreads, known, strict=True))
    )
    return Metric(name=name, value=value, low=value - half, high=value + half, custom=True)


def check(name: str, definition: MetricDefinition) -> None:
    """Raise InvalidInput for a metric that can't be one. The code is not looked into: only the sandbox does that."""
    if fault := name_fault(name):
        what, _, hint = fault.partition(": ")
        raise InvalidInput(f"{what}.", hint=f"{hint[0].upper()}{hint[1:]}.")
    if not FUNCTION.fullmatch(definition.function):
        raise InvalidInput(f"{definition.function[:80]!r} is no name of a function.")
    if len(definition.code.encode()) > MOST_CODE:
        raise InvalidInput(f"The file has more than {MOST_CODE // 1000} KB.", hint="A metric is a small function.")
    if not re.search(
        rf"^\s*(async\s+)?def\s+{definition.function}\b|^\s*{definition.function}\s*=", definition.code, re.MULTILINE
    ):
        raise InvalidInput(
            f"The file has no function {definition.function!r}.", hint="Write `def NAME(truth, prediction, rows):`."
        )
