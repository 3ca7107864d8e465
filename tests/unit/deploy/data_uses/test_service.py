"""The data that versions are made with, over a real database; profiles come from a stored dataset."""

from datetime import UTC, datetime

import msgspec
import pytest

from tests.support.actors import actor
from tests.support.deploying import Deploying
from unshelf.contracts.errors import Conflict, InvalidInput, NotFound
from unshelf.contracts.protocols.data import ColumnProfile, DataProfile
from unshelf.deploy.data_uses.schemas import BaselineRequest
from unshelf.develop.datasets.tables import DataNameRow, DatasetVersionRow
from unshelf.foundation.blob_holds import held_among
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


def test_a_file_waits_for_its_profile_and_is_kept_until_then(deploying: Deploying) -> None:
    uses, content = deploying.data_uses, b"rows"
    file = {"path": "baseline.parquet", "sha256": deploying.upload(content), "size": len(content)}
    with pytest.raises(Conflict):
        uses.resolve(ADMIN, BaselineRequest(file={**file, "sha256": "0" * 64}), None)
    used = uses.resolve(ADMIN, BaselineRequest(file=file), None)
    with deploying.database.transaction() as session:
        uses.remember(session, "deploy1", "iris", used)
    found = uses.unprofiled("deploy1")
    assert found is not None
    assert (found.path, uses.unprofiled("deploy2")) == ("baseline.parquet", None)
    with deploying.database.read() as session:
        assert held_among(session, [found.sha256]) == {found.sha256}
    profile = DataProfile(rows=3, columns=[msgspec.convert(PROFILE[0], ColumnProfile)], preview=[])
    with deploying.database.transaction() as session:
        uses.keep_profile(session, "deploy1", profile)
        uses.settle(session, "deploy1", 1)
        assert held_among(session, [found.sha256]) == set()
    (baseline,) = uses.of_version("iris", 1)
    assert (baseline.rows, baseline.profile, uses.unprofiled("deploy1")) == (3, profile.columns, None)
