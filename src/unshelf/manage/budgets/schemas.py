"""Budgets on the wire."""

from datetime import datetime

from pydantic import Field

from unshelf.foundation.web.schemas import AnswerModel, RequestModel
from unshelf.manage.budgets.budget import DEFAULT_THRESHOLDS, Stops


class BudgetView(AnswerModel):
    """A budget, and what was spent of it."""

    project: str
    """The project; `*`: the installation."""
    amount: float
    """The most that a month may cost."""
    currency: str
    """The installation's currency."""
    thresholds: list[int]
    """Percentages of it at which people hear of it."""
    stops: Stops
    """The kind of work that does not begin any more once it is spent: nothing, or jobs. Models always go on answering."""
    is_operators: bool
    """Whether only those who may set all quotas change it."""
    month: str
    """The present month, in UTC."""
    spent: float
    """The cost so far; it is looked at every few minutes."""
    percent: float
    """The same in percent of the budget."""
    set_at: datetime
    """When it was set."""
    set_by: str
    """The label of the actor who set it."""


class BudgetList(AnswerModel):
    """Budgets that one may see, the installation's first."""

    budgets: list[BudgetView]
    """The budgets."""


class BudgetRequest(RequestModel):
    """A budget to set."""

    amount: float = Field(gt=0, le=1e12, allow_inf_nan=False, examples=[500.0])
    """The most that a month may cost, in the installation's currency."""
    thresholds: list[int] = Field(default_factory=lambda: list(DEFAULT_THRESHOLDS), max_length=10)
    """Percentages of it at which people hear of it."""
    stops: Stops = "nothing"
    """The kind of work that does not begin any more once it is spent: nothing, or jobs."""
