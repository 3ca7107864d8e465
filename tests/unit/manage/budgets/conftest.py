"""Budgets over a real database; what a month has cost is as a test says."""

from dataclasses import dataclass, field

import pytest
from sqlalchemy.orm import Session

from tests.support.deploying import add_default_project
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.scopes import Scope
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.subjects import Subjects
from unshelf.manage.budgets.service import BudgetService
from unshelf.manage.notifications.service import NotificationService
from unshelf.manage.usage.usage import Month


@dataclass
class Spending:
    """What months have cost, by project; None: all of them."""

    cost: dict[str | None, float] = field(default_factory=dict)

    def refresh(self) -> None:
        """Nothing: it is always fresh."""

    def spent(self, _session: Session, project: str | None, _month: Month) -> float:
        return self.cost.get(project, 0.0)


@pytest.fixture
def spending() -> Spending:
    return Spending()


@pytest.fixture
def budgets(database: Database, spending: Spending) -> BudgetService:
    add_default_project(database)

    def owners(_session: Session, permission: Permission, scope: Scope) -> list[str]:
        return ["boss"] if permission is Permission.QUOTAS_MANAGE else [f"owner of {scope.project}"]

    notifications = NotificationService(database, Subjects(), lambda _person: None)
    return BudgetService(
        database, EventStore(database), notifications, spending, currency="EUR", people_with=owners,  # type: ignore[arg-type]
    )  # fmt: skip
