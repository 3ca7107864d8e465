"""Budgets: people hear of them, and jobs stop where that is wanted."""

import pytest
from sqlalchemy import select

from tests.support.actors import actor, user
from tests.unit.manage.budgets.conftest import Spending
from unshelf.contracts.errors import Forbidden, InvalidInput, NotFound
from unshelf.foundation.database.engine import Database
from unshelf.manage.budgets.service import BudgetService
from unshelf.manage.notifications.tables import NotificationRow

ADMIN = actor("admin", id="admin", name="admin")
OWNER = user("olga", default="owner")


def heard(database: Database) -> list[tuple[str, str]]:
    with database.read() as session:
        rows = session.scalars(select(NotificationRow).order_by(NotificationRow.id))
        return [(row.recipient, row.title) for row in rows]


def must_allow(budgets: BudgetService, database: Database, project: str = "default") -> None:
    with database.read() as session:
        budgets.must_allow_jobs(session, project)


def test_people_hear_of_each_threshold_once(budgets: BudgetService, database: Database, spending: Spending) -> None:
    found = budgets.set(OWNER, "default", amount=100.0, thresholds=[80, 50, 80], stops="nothing")
    assert (found.thresholds, found.spent, found.percent) == ([50, 80], 0.0, 0.0)
    spending.cost["default"] = 49.0
    budgets.watch()
    assert not heard(database)
    spending.cost["default"] = 85.0
    budgets.watch()
    budgets.watch()
    assert [who for who, _ in heard(database)] == ["olga", "owner of default"]
    assert "80 % of the budget of the project default is spent: 85.00 of 100.00 EUR" in heard(database)[0][1]
    must_allow(budgets, database)


def test_a_budget_that_stops_jobs_says_so(budgets: BudgetService, database: Database, spending: Spending) -> None:
    budgets.set(ADMIN, "default", amount=10.0, thresholds=[], stops="jobs")
    must_allow(budgets, database)
    spending.cost["default"] = 10.0
    budgets.watch()
    with pytest.raises(Forbidden, match=r"The budget of the project default is spent: 10\.00 of 10\.00 EUR") as refused:
        must_allow(budgets, database)
    assert refused.value.code == "quota_exceeded"
    must_allow(budgets, database, "another")
    budgets.set(ADMIN, "default", amount=20.0, thresholds=[], stops="jobs")
    must_allow(budgets, database)


def test_the_installations_budget_stops_every_project(
    budgets: BudgetService, database: Database, spending: Spending
) -> None:
    spending.cost[None] = 7.0
    budgets.set(ADMIN, "*", amount=5.0, thresholds=[100], stops="jobs")
    with pytest.raises(Forbidden, match="the installation"):
        must_allow(budgets, database, "another")
    assert ("boss", heard(database)[-1][1]) == heard(database)[-1]


def test_who_may_set_and_see_them(budgets: BudgetService) -> None:
    with pytest.raises(Forbidden):
        budgets.set(OWNER, "*", amount=5.0, thresholds=[], stops="nothing")
    with pytest.raises(Forbidden):
        budgets.set(user("eve", default="viewer"), "default", amount=5.0, thresholds=[], stops="nothing")
    with pytest.raises(NotFound):
        budgets.set(user("eve", risk="owner"), "default", amount=5.0, thresholds=[], stops="nothing")
    with pytest.raises(NotFound):
        budgets.set(ADMIN, "no-such", amount=5.0, thresholds=[], stops="nothing")
    with pytest.raises(InvalidInput):
        budgets.set(ADMIN, "default", amount=5.0, thresholds=[0], stops="nothing")
    budgets.set(ADMIN, "default", amount=5.0, thresholds=[], stops="nothing")
    with pytest.raises(Forbidden, match="set this budget"):
        budgets.set(OWNER, "default", amount=500.0, thresholds=[], stops="nothing")
    with pytest.raises(Forbidden):
        budgets.remove(OWNER, "default")
    budgets.set(ADMIN, "*", amount=5.0, thresholds=[], stops="nothing")
    assert [each.project for each in budgets.list_for(ADMIN)] == ["*", "default"]
    assert [each.project for each in budgets.list_for(OWNER)] == ["default"]
    assert not budgets.list_for(user("eve"))
    budgets.remove(ADMIN, "default")
    with pytest.raises(NotFound):
        budgets.show(ADMIN, "default")
