"""Alerts about budgets: one for each that reached a threshold, until the month ends, or more may be spent."""

from collections.abc import Callable, Sequence

from unshelf.manage.budgets.budget import EVERYTHING, MonthlyBudget
from unshelf.monitor.alerts.alert import Finding
from unshelf.monitor.alerts.service import AlertService

BUDGET_REACHED = "budget_reached"
"""docs/concepts/alerts.md explains it."""
_WHOLE = 100


class BudgetAlerts:
    """Raises, renews and resolves the alerts. People hear of each threshold by the budget itself."""

    def __init__(self, alerts: AlertService, budgets: Callable[[], Sequence[MonthlyBudget]]) -> None:
        """`budgets`: all that there are, with what was spent of them."""
        self._alerts = alerts
        self._budgets = budgets

    def look(self) -> None:
        """See which budgets have reached a threshold, and which have not any more."""
        reached = {finding.project: finding for each in self._budgets() if (finding := _finding(each)) is not None}
        for finding in reached.values():
            self._alerts.report(finding)
        for alert in self._alerts.open_of(BUDGET_REACHED):
            if alert.finding.project not in reached:
                self._alerts.over(*alert.key, because="The month has ended, or more may be spent.")


def _finding(budget: MonthlyBudget) -> Finding | None:
    """Say what is to be known of a budget; None: it is below its thresholds."""
    passed = [each for each in budget.thresholds if budget.percent >= each]
    if not passed:
        return None
    is_all = budget.project == EVERYTHING
    title = "the installation" if is_all else f"the project {budget.project}"
    is_spent = budget.percent >= _WHOLE
    stops = is_spent and budget.stops == "jobs"
    spent = f"{budget.spent:.2f} of {budget.amount:.2f} {budget.currency}"
    return Finding(
        kind=BUDGET_REACHED, project=None if is_all else budget.project, severity="critical" if stops else "warning",
        summary=f"The budget of {title} is spent." if is_spent else f"The budget of {title} is spent to {passed[-1]} %.",
        evidence={
            "month": budget.month, "spent": budget.spent, "amount": budget.amount, "currency": budget.currency,
            "threshold": passed[-1], "stops": budget.stops,
        },
        action="ignore",
        advice=f"{spent} in {budget.month}. "
        + ("No job begins until the month ends or the budget is raised. " if stops else "Everything goes on. ")
        + f"The page Usage says what for; `unshelf budgets set {budget.project} AMOUNT` raises it.",
        owner=budget.set_by,
    )  # fmt: skip
