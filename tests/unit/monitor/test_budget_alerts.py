"""Alerts about budgets: one a project, from the first threshold on, until the month ends or more may be spent."""

from dataclasses import replace

import pytest

from tests.support.actors import actor, user
from unshelf.contracts.errors import NotFound
from unshelf.foundation.clock import now
from unshelf.manage.budgets.budget import MonthlyBudget
from unshelf.monitor.alerts.service import AlertService
from unshelf.monitor.alerts.stored import AlertFilter
from unshelf.monitor.budget_alerts import BUDGET_REACHED, BudgetAlerts

RISK = MonthlyBudget(
    project="risk", amount=100.0, currency="EUR", thresholds=[50, 80, 100], stops="jobs", is_operators=False, month="2026-11",
    spent=20.0, set_at=now(), set_by="olga",
)  # fmt: skip
ALL = replace(RISK, project="*", stops="nothing", set_by="root")


def test_a_budget_is_an_alert_of_its_project_from_its_first_threshold_on(alerts: AlertService) -> None:
    budgets = [RISK, ALL]
    watch = BudgetAlerts(alerts, lambda: budgets)
    watch.look()
    assert alerts.open_of(BUDGET_REACHED) == []

    budgets[0] = replace(RISK, spent=55.0)
    watch.look()
    (first,) = alerts.open_of(BUDGET_REACHED)
    found = first.finding
    assert (found.project, found.model, found.owner, found.severity) == ("risk", None, "olga", "warning")
    assert (found.summary, found.evidence["threshold"]) == ("The budget of the project risk is spent to 50 %.", 50)

    budgets[0] = replace(RISK, spent=120.0)
    budgets[1] = replace(ALL, spent=81.0)
    watch.look()
    project, whole = sorted(alerts.open_of(BUDGET_REACHED), key=lambda alert: alert.finding.project or "~")
    assert (project.id, project.finding.severity) == (first.id, "critical"), "no job begins"
    assert (whole.finding.project, whole.finding.owner) == (None, "root")
    assert "No job begins" in project.finding.advice and "Everything goes on" in whole.finding.advice

    budgets[:] = [replace(RISK, amount=1000.0, spent=120.0)]
    watch.look()
    assert alerts.open_of(BUDGET_REACHED) == []


def test_who_sees_the_project_sees_its_alert_and_others_do_not(alerts: AlertService) -> None:
    BudgetAlerts(alerts, lambda: [replace(RISK, spent=55.0), replace(ALL, spent=55.0)]).look()

    def seen(who: object) -> list[str | None]:
        page = alerts.list_for(who, limit=10)  # type: ignore[arg-type]
        return sorted((each.finding.project for each in page.items), key=str)

    assert seen(actor("admin")) == [None, "risk"]
    assert seen(user("olga", risk="owner")) == ["risk"]
    assert seen(user("nora", fraud="owner")) == []
    of_risk = alerts.list_for(actor("admin"), AlertFilter(project="risk"), limit=10)
    assert [each.finding.project for each in of_risk.items] == ["risk"]
    assert alerts.list_for(actor("admin"), AlertFilter(project="fraud"), limit=10).items == []
    with pytest.raises(NotFound):
        alerts.find(user("nora", fraud="owner"), of_risk.items[0].id)
