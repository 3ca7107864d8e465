"""The step that bundles uploaded files: what the host made is judged and claimed as if it had been sent."""

import hashlib
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from tests.support.deploying import ANA, Deploying
from tests.support.stand_in_host import StandInHost, manifest_of
from unshelf.contracts.bundle import BundleFile, NetworkAccess, Resources
from unshelf.contracts.errors import Forbidden, InvalidInput, UnshelfError
from unshelf.contracts.protocols.bundling import MadeBundle
from unshelf.contracts.protocols.host import BundleFiles
from unshelf.deploy.deploys.bundling import bundle_files
from unshelf.deploy.deploys.order import DeployDependencies, DeployOrder
from unshelf.deploy.deploys.schemas import FileDeployRequest
from unshelf.deploy.deploys.service import DeployService
from unshelf.deploy.deploys.tables import DeployFilesRow, DeployRow
from unshelf.foundation.access.actors import stored_actor
from unshelf.foundation.loops.claims import Claim
from unshelf.manage.egress.networks import VersionNetworks


class Held(Claim):
    """A claim that holds."""

    def __init__(self) -> None:
        pass

    def require(self, session: Any) -> None:
        pass


def begun(deploying: Deploying, deploys: DeployService) -> DeployOrder:
    file = {"path": "a.txt", "sha256": deploying.upload(b"x"), "size": 1}
    deploy = deploys.begin_with_files(FileDeployRequest.model_validate({"name": "adder", "files": [file]}), ANA)
    actor = stored_actor(id=ANA.id, kind=ANA.kind, label=ANA.label)
    return DeployOrder(id=deploy, name="adder", project="default", bundle="", release=None, alias=None, actor=actor)


def bundled(order: DeployOrder, tools: DeployDependencies, deploying: Deploying, **changes: Any) -> DeployOrder:
    def bundle(asked: BundleFiles) -> MadeBundle:
        limits = changes.pop("limits", None)
        return MadeBundle(manifest=msgspec.structs.replace(manifest_of(asked), **changes), limits=limits)

    with StandInHost(deploying.host_socket, bundle=bundle).running():
        found, manifest = bundle_files(order, tools, Held(), lambda _: None, lambda: None)
    assert found.bundle == manifest.digest
    return found


def test_the_deploy_holds_the_bundle_and_has_its_limits(
    deploying: Deploying, deploys: DeployService, tools: DeployDependencies
) -> None:
    order = bundled(begun(deploying, deploys), tools, deploying, limits={"rate": 2.0})

    assert order.limits is not None
    assert order.limits.rate == 2.0
    with deploying.database.read() as session:
        assert session.get_one(DeployRow, order.id).bundle == order.bundle
        assert deploying.bundles.find_manifest(session, order.bundle) is not None


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"files": [BundleFile(path="b", sha256=hashlib.sha256(b"of others").hexdigest(), size=9)]}, UnshelfError),
        ({"requirements": ["a" * 2000]}, InvalidInput),
        ({"limits": {"rate": -1}}, InvalidInput),
    ],
    ids=["content of others", "requirements", "limits"],
)
def test_what_a_deployer_could_not_send_is_refused(
    deploying: Deploying,
    deploys: DeployService,
    tools: DeployDependencies,
    changes: dict[str, Any],
    error: type[Exception],
) -> None:
    deploying.blobs.put(hashlib.sha256(b"of others").hexdigest(), [b"of others"], limit=100)
    order = begun(deploying, deploys)

    with pytest.raises(error):
        bundled(order, tools, deploying, **changes)

    with deploying.database.read() as session:
        assert session.get_one(DeployRow, order.id).bundle == ""


def test_a_tier_and_a_network_that_the_files_name_are_judged_too(
    deploying: Deploying, deploys: DeployService, tools: DeployDependencies
) -> None:
    narrow = replace(tools, networks=VersionNetworks([], "none"))
    with pytest.raises(UnshelfError):
        bundled(begun(deploying, deploys), narrow, deploying, network=NetworkAccess(access="full"))
    order = begun(deploying, deploys)
    with deploying.database.transaction() as session:
        session.get_one(DeployFilesRow, order.id).tiers = ["small"]
    with pytest.raises(Forbidden):
        bundled(order, tools, deploying, resources=Resources(tier="large"))
