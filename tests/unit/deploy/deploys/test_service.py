"""Deploys as they are begun and shown; the work itself is the pipeline's."""

import secrets
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, update

from tests.support.actors import actor
from tests.support.deploying import ANA, Deploying
from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound
from unshelf.contracts.network.policy import EgressPolicy
from unshelf.deploy.bundles.service import holder_of_deploy
from unshelf.deploy.deploys.schemas import DeployRequest
from unshelf.deploy.deploys.service import DeployService
from unshelf.deploy.deploys.tables import DeployRow
from unshelf.foundation.loops.tables import WorkRow
from unshelf.manage.quotas.resources import QuotaLimits

ROOT = actor("admin", id="admin", name="admin")


def wanted(deploying: Deploying, name: str = "iris", **more: Any) -> DeployRequest:
    manifest = msgspec.to_builtins(deploying.manifest(b"model"))
    return DeployRequest.model_validate({"name": name, "manifest": manifest, **more})


def queued(deploying: Deploying) -> list[str]:
    with deploying.database.read() as session:
        return list(session.scalars(select(WorkRow.key).where(WorkRow.loop == "deploys").order_by(WorkRow.key)))


def test_a_deploy_that_was_begun_waits_for_its_turn_and_keeps_its_bundle(
    deploying: Deploying, deploys: DeployService
) -> None:
    begun = deploys.begin(wanted(deploying, alias="champion", limits={"rate": 5}), ANA)
    shown = deploys.show(begun, ANA)
    assert (shown.name, shown.state, shown.steps, shown.version, shown.live) == ("iris", "running", [], None, None)
    assert shown.by == ANA.label
    assert queued(deploying) == [begun]
    assert deploying.actions() == ["deploy.begun"]
    deploying.bundles.collect()
    assert len(deploying.stored()) == 1
    with deploying.database.transaction() as session:
        deploying.bundles.let_go(session, [holder_of_deploy(begun)])
    deploying.bundles.collect()
    assert deploying.stored() == set()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": "Iris"}, "model's name"),
        ({"name": "../x"}, "model's name"),
        ({"alias": "no alias"}, "no alias"),
        ({"manifest": {"files": []}}, "manifest"),
        ({"manifest": {"loader": {"kind": "x"}, "files": [], "python": "3.11", "timeout": 0}}, "manifest"),
    ],
)
def test_what_can_not_be_deployed_is_refused(
    deploying: Deploying, deploys: DeployService, change: dict[str, Any], says: str
) -> None:
    with pytest.raises(InvalidInput, match=says):
        deploys.begin(wanted(deploying).model_copy(update=change), ANA)
    assert queued(deploying) == []


def test_a_model_of_others_is_neither_deployed_nor_shown(deploying: Deploying, deploys: DeployService) -> None:
    other = actor("deploy", ["wine"])
    with pytest.raises(Forbidden):
        deploys.begin(wanted(deploying), other)
    begun = deploys.begin(wanted(deploying), ANA)
    with pytest.raises(NotFound):
        deploys.show(begun, other)
    with pytest.raises(NotFound):
        deploys.events(begun, other)


def test_a_deploy_that_never_was_is_not_found(deploys: DeployService) -> None:
    with pytest.raises(NotFound):
        deploys.show("nothing", ANA)


def test_the_same_request_again_begins_nothing_new(deploying: Deploying, deploys: DeployService) -> None:
    key = secrets.token_hex(16)
    begun = deploys.begin(wanted(deploying, key=key), ANA)
    assert deploys.begin(wanted(deploying, key=key), ANA) == begun
    assert queued(deploying) == [begun]
    with pytest.raises(Conflict, match="same key"):
        deploys.begin(wanted(deploying, "wine", key=key), ANA)
    with pytest.raises(Conflict, match="same key"):
        deploys.begin(wanted(deploying, key=key), actor(id="k2", name="bo"))


def test_deploys_that_kept_no_queue_are_taken_up(deploying: Deploying, deploys: DeployService) -> None:
    begun, registered, ended = (deploys.begin(wanted(deploying), ANA) for _ in range(3))
    number = deploying.register("iris")
    with deploying.database.transaction() as session:
        session.execute(update(DeployRow).where(DeployRow.id == registered).values(version=number))
        session.execute(update(DeployRow).where(DeployRow.id == ended).values(state="done"))
        for row in session.scalars(select(WorkRow)):
            session.delete(row)
    deploys.adopt()
    assert queued(deploying) == sorted([begun, registered])
    with deploying.database.read() as session:
        row = session.get_one(DeployRow, registered)
        assert (row.reached, row.live) == ("registered", True)
        assert session.get_one(DeployRow, begun).reached is None


def test_a_deploy_beyond_a_quota_is_refused_and_leaves_nothing(deploying: Deploying, deploys: DeployService) -> None:
    deploying.quotas.set(ROOT, "project", "default", QuotaLimits(replicas=1))
    first = deploys.begin(wanted(deploying), ANA)
    with pytest.raises(Forbidden) as refused:
        deploys.begin(wanted(deploying, "loans"), ANA)
    assert refused.value.code == "quota_exceeded"
    assert queued(deploying) == [first]
    with pytest.raises(Forbidden, match="replica"):
        deploys.begin(wanted(deploying, "loans", release=False), ANA)
    assert deploys.begin(wanted(deploying, release=False), ANA), "its model counts a replica already"
    assert deploys.begin(wanted(deploying, "wine", dry_run=True), ANA)


def test_a_deploy_is_held_to_a_quota_of_disk(deploying: Deploying, deploys: DeployService) -> None:
    deploying.quotas.set(ROOT, "project", "default", QuotaLimits(disk_bytes=4))
    with pytest.raises(Forbidden, match="0 B of disk of 4 B of disk in use, and this takes 5 B of disk more"):
        deploys.begin(wanted(deploying), ANA)
    assert queued(deploying) == []


def test_a_tier_takes_a_right_once_it_is_restricted(deploying: Deploying, deploys: DeployService) -> None:
    def on_large(**more: Any) -> DeployRequest:
        request = wanted(deploying, **more)
        request.manifest["resources"] = {"tier": "large"}
        return request

    deploying.tiers.change(ROOT, "large", price=None, currency="", restricted=True)
    maker = actor("deploy", id="k2", name="maker")
    for file in wanted(deploying).manifest["files"]:
        deploying.uploads.note(maker, file["sha256"])
    with pytest.raises(Forbidden, match="may not use the tier 'large'"):
        deploys.begin(on_large(), maker)
    begun = deploys.begin(wanted(deploying, "small-one", key="k" * 16), maker)
    deploying.tiers.change(ROOT, "small", price=None, currency="", restricted=True)
    again = deploys.begin(wanted(deploying, "small-one", key="k" * 16), maker)
    assert again == begun, "what was taken on is not refused when its answer is asked for again"
    deploying.tiers.grant(ROOT, "large", "project", "default", expires_at=None)
    assert deploys.begin(on_large(), maker)


def test_a_network_that_the_operator_lets_nobody_grant_is_refused(
    deploying: Deploying, deploys: DeployService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deploying.networks, "_policy", EgressPolicy(["*.example.org"]))
    for network in ({"access": "full"}, {"access": "none", "allow": ["db.example.com:5432"]}):
        request = wanted(deploying)
        request.manifest["network"] = network
        with pytest.raises(Forbidden) as refused:
            deploys.begin(request, ANA)
        assert "UNSHELF_EGRESS_ALLOW" in refused.value.hint
    assert queued(deploying) == []
    request.manifest["network"] = {"access": "none", "allow": ["db.example.org:5432"]}
    assert deploys.begin(request, ANA)
    request.manifest["network"] = {"access": "full", "allow": ["db.example.org:5432"]}
    with pytest.raises(InvalidInput, match="nothing to allow"):
        deploys.begin(request, ANA)
