"""Deploys that register nothing, and the list of deploys."""

import threading
from pathlib import Path

import pytest

from tests.support.in_process import InProcessControl, in_process_control
from tests.support.waiting import wait_until
from unshelf.contracts.protocols.host import Failed


def test_a_dry_run_tells_what_the_version_would_be_and_leaves_nothing(control: InProcessControl) -> None:
    """Given a model with a version, when another is deployed as a dry run, then it is locked, built and checked, and all is as before."""
    control.deploy("iris")
    wait_until(lambda: len(control.blobs()) == 1, what="the first version is there")
    before, published = control.blobs(), control.table().models["iris"]
    deploy_id = control.begin("iris", control.manifest(b"new"), dry_run=True, release=True, alias="champion")
    events = control.events(deploy_id)
    assert [event["step"] for event in events if event["state"] == "done"] == ["lock", "build", "check", "end"]
    end = events[-1]
    assert (end["version"], end["live"], end["reference"], end["error"]) == (None, None, None, None)
    assert end["found"]["packages"] == 1
    assert end["found"]["checks"]["signature"]["inputs"]
    assert end["found"]["batching"]["max_rows"] > 0

    shown = control.http.get(f"/api/v1/deploys/{deploy_id}").json()
    assert (shown["state"], shown["dry_run"], shown["version"]) == ("done", True, None)
    assert shown["found"] == end["found"]
    assert control.show("iris")["aliases"] == {}
    assert control.table().models["iris"] == published
    assert control.blobs() == before
    assert control.host.woken == [("iris", 1)]
    wait_until(lambda: len(control.host.forgotten_bundles) == 1, what="the host has deleted what it laid out")
    assert ("deploy.begun", "iris") in control.audit()
    assert control.deploy("iris", b"new")["version"] == 2, "no number was used"


@pytest.mark.long
def test_a_dry_run_of_a_model_nobody_knows_makes_none(control: InProcessControl) -> None:
    assert control.deploy("iris", dry_run=True)["state"] == "done"
    assert control.http.get("/api/v1/models").json()["models"] == []
    assert control.http.get("/api/v1/environments").json()["environments"] == []
    assert control.blobs() == set()


@pytest.mark.long
def test_a_dry_run_fails_where_the_deploy_would(control: InProcessControl) -> None:
    control.host.fail_prepare = Failed(id=0, code="check_failed", detail="No module named 'six'", step="check")
    end = control.deploy("iris", dry_run=True)
    assert (end["state"], end["error"]["code"]) == ("failed", "check_failed")
    assert "found" not in end
    assert control.blobs() == set()


@pytest.mark.long
def test_a_dry_run_is_cancelled_like_any_deploy(control: InProcessControl) -> None:
    gate = control.host.gate = threading.Event()
    deploy_id = control.begin("iris", control.manifest(b"weights"), dry_run=True)
    assert control.http.post(f"/api/v1/deploys/{deploy_id}/cancel").status_code == 200
    assert control.events(deploy_id)[-1]["error"]["code"] == "cancelled"
    gate.set()
    over = control.begin("iris", control.manifest(b"weights"), dry_run=True)
    assert control.events(over)[-1]["state"] == "done"
    assert control.http.post(f"/api/v1/deploys/{over}/cancel").status_code == 409


@pytest.mark.long
def test_deploys_are_listed_newest_first_with_how_far_they_are(control: InProcessControl) -> None:
    """Given deploys that are done, failed and at work, then each state lists its own, in pages, with who began it and the step."""
    control.deploy("iris")
    control.host.fail_prepare = Failed(id=0, code="lock_failed", detail="There is no such package.", step="lock")
    control.deploy("wine")
    control.host.fail_prepare = None
    gate = control.host.gate = threading.Event()
    running = control.begin("iris", control.manifest(b"slow"))
    listed = "/api/v1/deploys"

    def at_check() -> bool:
        steps = control.http.get(f"{listed}/{running}").json()["steps"]
        return bool(steps) and steps[-1]["step"] == "check"

    wait_until(at_check, what="the check has begun")
    found = control.http.get(listed).json()["deploys"]
    assert [(one["name"], one["state"]) for one in found] == [("iris", "running"), ("wine", "failed"), ("iris", "done")]
    assert [one["steps"][-1]["step"] for one in found] == ["check", "lock", "release"]
    assert {one["by"] for one in found} == {"admin"}
    assert [one["ended_at"] is None for one in found] == [True, False, False]
    assert [one["id"] for one in control.http.get(listed, params={"state": "running"}).json()["deploys"]] == [running]

    first = control.http.get(listed, params={"state": "ended", "limit": 1}).json()
    assert [one["name"] for one in first["deploys"]] == ["wine"]
    rest = control.http.get(listed, params={"state": "ended", "limit": 1, "cursor": first["next_cursor"]}).json()
    assert ([one["name"] for one in rest["deploys"]], rest["next_cursor"]) == (["iris"], None)
    assert len(control.http.get(listed, params={"model": "iris"}).json()["deploys"]) == 2
    assert control.http.get(listed, params={"state": "odd"}).status_code == 422
    gate.set()
    assert control.events(running)[-1]["state"] == "done"


@pytest.mark.long
def test_only_deploys_of_ones_own_models_are_listed(tmp_path: Path) -> None:
    with in_process_control(tmp_path / "home") as control:
        for name in ("credit-risk", "iris"):
            control.deploy(name)
        own = control.client(role="deploy", models=["credit-*"])
        assert [one["name"] for one in own.get("/api/v1/deploys").json()["deploys"]] == ["credit-risk"]
        assert own.get("/api/v1/deploys", params={"model": "iris"}).json()["deploys"] == []
        assert control.client(role="predict").get("/api/v1/deploys").status_code == 403
