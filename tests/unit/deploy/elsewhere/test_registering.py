"""Registration of models that run elsewhere: a version without anything to run, live at once, the same again being the same."""

from typing import Any

import pytest
from sqlalchemy import select

from tests.support.actors import actor
from tests.support.deploying import Deploying
from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput
from unshelf.deploy.bundles.tables import BundleHoldRow
from unshelf.deploy.deploys.service import DeployService
from unshelf.deploy.elsewhere.registering import ElsewhereService, Registration
from unshelf.deploy.registry.tables import VersionRow

SIGNATURE = {
    "inputs": {"kind": "columns", "columns": [{"name": "x", "type": "int64"}]},
    "outputs": {"kind": "columns", "columns": [{"name": "output", "type": "int64"}]},
}


@pytest.fixture
def elsewhere(deploying: Deploying, deploys: DeployService) -> ElsewhereService:
    return ElsewhereService(
        deploying.database, deploying.publisher, bundles=deploying.bundles, registry=deploying.registry, releases=deploying.releases,
        deploys=deploys, data_uses=deploying.data_uses,
    )  # fmt: skip


def wanted(**fields: Any) -> Registration:
    return Registration(**{"name": "churn", "project": None, "signature": SIGNATURE, **fields})


def test_a_version_without_anything_to_run_is_live(deploying: Deploying, elsewhere: ElsewhereService) -> None:
    first = elsewhere.register(actor(), wanted(place=" there ", monitoring={"key": "x"}))
    assert (first.version, first.created, first.project) == (1, True, "default")
    again = elsewhere.register(actor(), wanted(place="there", monitoring={"key": "x"}))
    assert (again.version, again.created) == (1, False)
    assert elsewhere.register(actor(), wanted(place="away")).version == 2
    with deploying.database.read() as session:
        rows = list(session.scalars(select(VersionRow).order_by(VersionRow.number)))
        holders = set(session.scalars(select(BundleHoldRow.holder)))
        assert [share.version for share in deploying.ledger.live(session, "churn")] == [2]
    assert [(row.environment, row.max_replicas) for row in rows] == [(None, 0), (None, 0)]
    assert holders == {"churn:1", "churn:2"}


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "No Name"}, {"signature": {"inputs": SIGNATURE["inputs"]}}, {"signature": {"inputs": 1}}, {"redact": ("x", "x")},
        {"monitoring": {"slices": ["x", "x"]}},
    ],
)  # fmt: skip
def test_what_can_not_be_registered_is_refused(elsewhere: ElsewhereService, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        elsewhere.register(actor(), wanted(**fields))


def test_who_may_not_deploy_may_not_register(elsewhere: ElsewhereService) -> None:
    with pytest.raises(Forbidden):
        elsewhere.register(actor("caller"), wanted())
    elsewhere.register(actor(), wanted())
    with pytest.raises(Conflict):
        elsewhere.register(actor(), wanted(project="other"))
