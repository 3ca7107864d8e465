"""The work of one deploy: each step told, everything taken back when one fails, nothing done twice after a restart."""

import json
from typing import Any

import msgspec
import pytest
from sqlalchemy import update

from tests.support.deploying import ANA, Deploying
from tests.support.stand_in_host import StandInHost
from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.protocols.host import Failed
from unshelf.deploy.deploys.journal import Journal, stored_lines
from unshelf.deploy.deploys.order import DeployDependencies, DeployOrder
from unshelf.deploy.deploys.pipeline import MOST_ATTEMPTS, DeployPipeline
from unshelf.deploy.deploys.schemas import DeployRequest
from unshelf.deploy.deploys.service import DeployService
from unshelf.deploy.deploys.tables import DeployRow
from unshelf.foundation.loops.claims import Claim, ClaimLost, Claims
from unshelf.foundation.loops.tables import WorkRow
from unshelf.manage.limits import Limits
from unshelf.runtime.routing_file import read_routing


class Stage:
    """Deploys of iris, each begun and then run in this thread."""

    def __init__(self, deploying: Deploying, deploys: DeployService, tools: DeployDependencies) -> None:
        self.deploying, self.deploys, self.tools = deploying, deploys, tools
        self.claims = Claims(deploying.database, owner="control-1", lease_seconds=60.0)

    def begin(self, content: bytes = b"model", **wanted: Any) -> str:
        manifest = msgspec.to_builtins(self.deploying.manifest(content))
        return self.deploys.begin(DeployRequest.model_validate({"name": "iris", "manifest": manifest, **wanted}), ANA)

    def claim(self) -> Claim:
        claim = self.claims.take("deploys")
        assert claim is not None
        return claim

    def run(self, deploy_id: str, claim: Claim) -> dict[str, Any]:
        """Work on a deploy from where it stands; its last event."""
        with self.deploying.database.read() as session:
            row = session.get_one(DeployRow, deploy_id)
            manifest = self.deploying.bundles.find_manifest(session, row.bundle)
        limits = None if row.limits is None else Limits.model_validate(row.limits)
        order = DeployOrder(
            id=row.id, name=row.model, project="default", bundle=row.bundle, release=row.release, alias=row.alias, actor=ANA,
            limits=limits, dry_run=bool(row.dry_run), reached=row.reached, version=row.version,
        )  # fmt: skip
        DeployPipeline(order, self.tools, Journal(self.deploying.database, claim, lambda: None), claim).run(manifest)
        return self.events(deploy_id)[-1]

    def deploy(self, content: bytes = b"model", **wanted: Any) -> dict[str, Any]:
        return self.run(self.begin(content, **wanted), self.claim())

    def events(self, deploy_id: str) -> list[dict[str, Any]]:
        with self.deploying.database.read() as session:
            return [json.loads(line) for line in stored_lines(session, deploy_id)]

    def set(self, model: type[DeployRow] | type[WorkRow], **values: Any) -> None:
        with self.deploying.database.transaction() as session:
            session.execute(update(model).values(**values))


@pytest.fixture
def stage(deploying: Deploying, deploys: DeployService, tools: DeployDependencies) -> Stage:
    return Stage(deploying, deploys, tools)


class Unfit:
    """Declared settings that fit no signature."""

    def check(self, *_: object) -> None: ...

    def check_found(self, *_: object) -> None:
        raise InvalidInput("The monitor m: 'height' is no input.")

    def apply(self, *_: object) -> None: ...

    def applied(self) -> None: ...


@pytest.mark.usefixtures("host")
@pytest.mark.parametrize("dry_run", [False, True])
def test_what_is_declared_is_held_against_the_signature_that_the_check_finds(stage: Stage, dry_run: bool) -> None:
    stage.deploys.declares(Unfit())
    end = stage.deploy(dry_run=dry_run)
    assert (end["state"], end["error"]["step"]) == ("failed", "check")
    assert end["error"]["detail"] == "The monitor m: 'height' is no input."


def test_a_deploy_tells_each_step_and_its_version_is_live(stage: Stage, host: StandInHost) -> None:
    begun = stage.begin(alias="champion", limits={"rate": 5})
    assert stage.run(begun, stage.claim()) == {
        "step": "end", "state": "done", "version": 1, "live": True, "reference": "iris:1", "error": None,
    }  # fmt: skip
    steps = [event["step"] for event in stage.events(begun) if event["state"] == "done"]
    assert steps == ["lock", "build", "check", "register", "start", "release", "end"]
    route = read_routing(stage.deploying.folder).models["iris"]
    assert ([share.version for share in route.release], route.aliases) == ([1], {"champion": 1})
    assert (host.woken, stage.claims.take("deploys")) == ([("iris", 1)], None)
    assert stage.deploys.show(begun, ANA).state == "done"


def test_a_host_that_is_replaced_meanwhile_fails_no_deploy(stage: Stage, host: StandInHost) -> None:
    host.hangs_up_at = "check"
    begun = stage.begin()
    assert stage.run(begun, stage.claim())["state"] == "done"
    assert len(host.prepared) == 2
    said = [event["detail"] for event in stage.events(begun) if event["state"] == "info"]
    assert said == ["the host was replaced; the next one begins the step anew"]


@pytest.mark.parametrize(("release", "live"), [(None, [1]), (False, [1]), (True, [2])])
def test_a_second_version_is_live_only_where_that_is_wanted(
    stage: Stage, host: StandInHost, *, release: bool | None, live: list[int]
) -> None:
    stage.deploy(b"1")
    end = stage.deploy(b"2", release=release)
    assert (end["version"], end["live"]) == (2, live == [2])
    assert [share.version for share in read_routing(stage.deploying.folder).models["iris"].release] == live
    assert len(host.prepared) == 2


def test_a_bundle_that_fails_its_check_leaves_nothing(stage: Stage, host: StandInHost) -> None:
    host.fail_prepare = Failed(
        id=1, code="check_failed", detail="It raised.", hint="Mend it.", step="check", log="Traceback"
    )
    end = stage.deploy()
    assert (end["state"], end["version"]) == ("failed", None)
    assert end["error"] == {
        "code": "check_failed", "step": "check", "detail": "It raised.", "hint": "Mend it.", "log": "Traceback",
    }  # fmt: skip
    assert (stage.deploying.stored(), stage.deploying.registry.count()) == (set(), (0, 0))
    assert stage.deploying.actions() == ["deploy.begun", "deploy.failed"]


def test_a_version_that_does_not_start_is_withdrawn(stage: Stage, host: StandInHost) -> None:
    host.fail_wake = Failed(id=1, code="start_failed", detail="No memory.")
    end = stage.deploy()
    assert (end["error"]["code"], end["error"]["step"]) == ("start_failed", "start")
    assert stage.deploying.registry.count() == (0, 0)
    assert len(host.forgotten_environments) == 1
    host.fail_wake = None
    assert stage.deploy()["version"] == 2


def test_a_version_of_a_paused_model_is_deployed_without_a_worker(stage: Stage, host: StandInHost) -> None:
    host.fail_wake = Failed(id=1, code="paused", detail="It is paused.")
    begun = stage.begin()
    assert stage.run(begun, stage.claim())["state"] == "done"
    (start,) = [event for event in stage.events(begun) if (event["step"], event["state"]) == ("start", "done")]
    assert "paused" in start["detail"]


def test_an_error_that_nobody_foresaw_is_reported_by_its_id(stage: Stage, host: StandInHost) -> None:
    """Given a bundle that is gone from the database, then the deploy fails, and the log alone says why."""
    begun = stage.begin()
    stage.set(DeployRow, bundle="0" * 64)
    end = stage.run(begun, stage.claim())
    assert (end["error"]["code"], host.prepared) == ("internal_error", [])
    assert "gone" not in json.dumps(end)


def test_a_deploy_that_was_registered_goes_on_from_there(stage: Stage, host: StandInHost) -> None:
    begun = stage.begin()
    number = stage.deploying.register("iris")
    stage.set(DeployRow, version=number, reached="registered", live=True)
    stage.set(WorkRow, attempts=1)
    assert stage.run(begun, stage.claim())["version"] == number
    assert (host.prepared, host.woken) == ([], [("iris", number)])
    assert stage.events(begun)[0]["detail"] == "control was restarted; the deploy goes on"


def test_a_deploy_that_was_undone_only_ends(stage: Stage, host: StandInHost) -> None:
    begun = stage.begin()
    error = {"code": "check_failed", "step": "check", "detail": "It raised.", "hint": "", "log": ""}
    stage.set(DeployRow, reached="undone", error=error)
    assert stage.run(begun, stage.claim())["error"] == error
    assert (host.prepared, len(stage.events(begun))) == ([], 1)


def test_a_deploy_that_keeps_stopping_its_control_is_given_up(stage: Stage, host: StandInHost) -> None:
    begun = stage.begin()
    stage.set(WorkRow, attempts=MOST_ATTEMPTS)
    assert stage.run(begun, stage.claim())["error"]["code"] == "interrupted"
    assert host.prepared == []


def test_who_lost_the_claim_changes_nothing(stage: Stage, host: StandInHost) -> None:
    begun = stage.begin()
    lost = stage.claim()
    stage.set(WorkRow, token="another")
    with pytest.raises(ClaimLost):
        stage.run(begun, lost)
    assert stage.deploys.show(begun, ANA).state == "running"
    assert (stage.events(begun), stage.deploying.registry.count()) == ([], (0, 0))
    assert host.woken == []


def test_a_dry_run_whose_control_died_after_its_check_ends_with_what_was_found(stage: Stage, host: StandInHost) -> None:
    """Given a dry run that was stopped before its end, when the next control takes it up, then nothing is checked twice."""
    found = stage.deploy(dry_run=True)["found"]
    assert found["packages"] == 0
    begun = stage.begin(dry_run=True)
    stage.set(DeployRow, reached="checked", found=found)
    asked = len(host.prepared)
    end = stage.run(begun, stage.claim())
    assert (end["state"], end["found"], len(host.prepared)) == ("done", found, asked)
