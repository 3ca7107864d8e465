"""The data that versions are made with, over a real database; profiles come from a stored dataset."""

from datetime import UTC, datetime

import pytest

from tests.support.actors import actor
from tests.support.deploying import Deploying
from unshelf.contracts.errors import InvalidInput, NotFound
from unshelf.deploy.data_uses.schemas import BaselineRequest
from unshelf.develop.datasets.tables import DataNameRow, DatasetVersionRow
from unshelf.foundation.database.engine import Database

ADMIN = actor()
PROFILE = [{"name": "age", "type": "integer", "count": 2, "gaps": 0}]


@pytest.fixture
def orders(database: Database) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    with database.transaction() as session:
        session.add(
            DataNameRow(name="orders", kind="dataset", project="default", description="", last_version=1,
                        created_at=moment, created_by="ana")
        )  # fmt: skip
        session.flush()
        session.add(
            DatasetVersionRow(
                name="orders", number=1, digest="d", format="csv", files=[], bytes=1, rows=2, profile=PROFILE, preview=[],
                created_at=moment, created_by="ana",
            )
        )  # fmt: skip


@pytest.mark.usefixtures("orders")
def test_a_version_keeps_its_baseline_s_profile_and_the_dataset_knows_its_use(deploying: Deploying) -> None:
    uses = deploying.data_uses
    used = uses.resolve(ADMIN, BaselineRequest(data="data://orders"), "data://orders@1")
    with deploying.database.transaction() as session:
        uses.remember(session, "deploy1", "iris", used)
    assert uses.of_version("iris", 1) == []
    number = deploying.register("iris")
    with deploying.database.transaction() as session:
        uses.settle(session, "deploy1", number)
    baseline, example = uses.of_version("iris", number)
    assert (baseline.role, baseline.dataset, baseline.dataset_version, baseline.rows) == ("baseline", "orders", 1, 2)
    assert baseline.profile is not None
    assert baseline.profile[0].name == "age"
    assert (example.source, example.profile) == ("data://orders@1", None)
    with deploying.database.read() as session:
        row = session.get_one(DataNameRow, "orders")
        shown = deploying.datasets.uses(session, ADMIN, row)  # type: ignore[arg-type]
        assert [(use.reference, use.role) for use in shown] == [("iris:1", "baseline"), ("iris:1", "example")]
        stranger = actor("deploy", ["other"])
        assert deploying.datasets.uses(session, stranger, row) == []  # type: ignore[arg-type]
    deploying.registry.remove("iris", ADMIN)
    assert uses.of_version("iris", number) == []


@pytest.mark.usefixtures("orders")
def test_a_deploy_that_registers_nothing_keeps_nothing(deploying: Deploying) -> None:
    uses = deploying.data_uses
    with deploying.database.transaction() as session:
        uses.remember(session, "deploy1", "iris", uses.resolve(ADMIN, BaselineRequest(data="data://orders"), None))
        uses.settle(session, "deploy1", None)
        uses.settle(session, "deploy1", 1)
    assert uses.of_version("iris", 1) == []


@pytest.mark.usefixtures("orders")
def test_data_that_is_not_there_or_not_told_is_refused(deploying: Deploying) -> None:
    uses = deploying.data_uses
    with pytest.raises(NotFound):
        uses.resolve(ADMIN, BaselineRequest(data="data://absent"), None)
    with pytest.raises(NotFound):
        uses.resolve(actor("deploy", ["iris"]), BaselineRequest(data="data://orders"), None)
    for wrong in (BaselineRequest(), BaselineRequest(data="orders"), BaselineRequest(file={"path": "../a"})):
        with pytest.raises(InvalidInput):
            uses.resolve(ADMIN, wrong, None)
