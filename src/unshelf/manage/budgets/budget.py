"""A budget as people see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from unshelf.contracts.errors import InvalidInput

EVERYTHING = "*"
"""Instead of a project: the installation."""
Stops = Literal["nothing", "jobs"]
DEFAULT_THRESHOLDS = (50, 80, 100)
_MOST_THRESHOLDS = 10
_MOST_PERCENT = 1000


@dataclass(frozen=True, kw_only=True)
class MonthlyBudget:
    """The most that a month may cost, and the cost so far."""

    project: str
    """`*`: the installation."""
    amount: float
    currency: str
    thresholds: Sequence[int]
    """Percentages at which people hear of it."""
    stops: Stops
    """The kind of work that does not begin any more once it is spent."""
    is_operators: bool
    """Whether only those who may set all quotas change it."""
    month: str
    spent: float
    set_at: datetime
    set_by: str

    @property
    def percent(self) -> float:
        """The part that is spent, in percent."""
        return 100.0 * self.spent / self.amount


def check_thresholds(thresholds: Sequence[int]) -> list[int]:
    """Return percentages in order, each once. Raises InvalidInput."""
    found = sorted(set(thresholds))
    if len(found) > _MOST_THRESHOLDS or any(not 1 <= each <= _MOST_PERCENT for each in found):
        raise InvalidInput(
            f"A budget has up to {_MOST_THRESHOLDS} thresholds, percentages from 1 to {_MOST_PERCENT}.",
            hint="For example 50, 80 and 100.",
        )
    return found
