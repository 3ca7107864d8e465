"""Quotas over a real database with the users ada and grace; what is used is as a test says."""

from dataclasses import dataclass, field

import pytest
from sqlalchemy import Select, literal, select
from sqlalchemy.orm import Session

from tests.support.deploying import add_default_project
from tests.support.quotas import quotas_over
from unshelf.foundation.database.engine import Database
from unshelf.manage.access.service import AccessService
from unshelf.manage.quotas.accounts import Account
from unshelf.manage.quotas.resources import ResourceAmounts
from unshelf.manage.quotas.service import QuotaService
from unshelf.server.wiring.people import PeopleParts


@dataclass
class Facts:
    """What tells how much is used, by the accounts' names."""

    running: dict[str, ResourceAmounts] = field(default_factory=dict)
    stored: list[tuple[str, int]] = field(default_factory=list)
    asked: int = 0

    def used(self, session: Session, account: Account) -> ResourceAmounts:
        self.asked += 1
        return self.running.get(account.title, ResourceAmounts())

    def files(self, account: Account) -> list[Select[str, int]]:
        return [select(literal(digest), literal(size)) for digest, size in self.stored]


@pytest.fixture
def facts() -> Facts:
    return Facts()


@pytest.fixture
def quotas(database: Database, people: PeopleParts, facts: Facts) -> QuotaService:
    add_default_project(database)
    made = quotas_over(database, people.access)
    made.add_usage(facts)
    made.add_disk(facts)
    return made


@pytest.fixture
def access(people: PeopleParts) -> AccessService:
    return people.access
