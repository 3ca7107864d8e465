"""Budgets over HTTP."""

from tests.support.actors import actor, user
from tests.support.asgi import caller_of
from tests.unit.manage.budgets.conftest import Spending
from unshelf.manage.budgets.routes import router
from unshelf.manage.budgets.service import BudgetService


def test_a_budget_is_set_shown_and_removed(budgets: BudgetService, spending: Spending) -> None:
    call = caller_of(actor("admin"), router(budgets))
    spending.cost["default"] = 25.0
    made = call("PUT", "/budgets/default", json={"amount": 100})
    assert made.status_code == 200, made.text
    shown = made.json()
    assert (shown["thresholds"], shown["stops"], shown["percent"], shown["currency"]) == (
        [50, 80, 100],
        "nothing",
        25.0,
        "EUR",
    )
    assert call("GET", "/budgets").json() == {"budgets": [shown]}
    assert call("GET", "/budgets/default").json() == shown
    assert call("PUT", "/budgets/*", json={"amount": 1, "stops": "jobs"}).json()["project"] == "*"
    assert call("DELETE", "/budgets/default").status_code == 204
    assert call("DELETE", "/budgets/default").status_code == 404


def test_bad_budgets_are_refused(budgets: BudgetService) -> None:
    call = caller_of(actor("admin"), router(budgets))
    for body in ({}, {"amount": 0}, {"amount": -1}, {"amount": 1, "stops": "models"}, {"amount": 1, "thresholds": [0]}):
        assert call("PUT", "/budgets/default", json=body).status_code == 422, body
    eve = caller_of(user("eve", default="viewer"), router(budgets))
    assert eve("PUT", "/budgets/default", json={"amount": 1}).status_code in (403, 404)
