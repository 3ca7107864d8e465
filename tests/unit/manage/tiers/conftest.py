"""Tiers over a real database with the users ada and grace, and the project default."""

import pytest

from tests.support.deploying import add_default_project
from tests.support.quotas import tiers_over
from unshelf.foundation.database.engine import Database
from unshelf.manage.tiers.service import TierService
from unshelf.server.wiring.people import PeopleParts


@pytest.fixture
def tiers(database: Database, people: PeopleParts) -> TierService:
    add_default_project(database)
    return tiers_over(database, people.access)
