"""The life of a deploy over the API, from the upload to the routing table, and every way it can fail."""

import json
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from tests.support.in_process import InProcessControl, in_process_control
from tests.support.stand_in_host import SIGNATURE, prepared_for
from tests.support.waiting import wait_until
from unshelf.contracts.bundle import Manifest
from unshelf.contracts.protocols.host import Failed
from unshelf.deploy.deploys.pipeline import MOST_ATTEMPTS
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.loops.tables import WorkRow


def test_a_first_deploy_goes_through_all_steps_and_is_live(control: InProcessControl) -> None:
    """Given an uploaded bundle, when it is deployed, then its steps are seen in order, and the version is in every place at once."""
    manifest = control.manifest(b"weights", b"code")
    events = control.events(control.begin("iris", manifest, alias="champion"))

    done = [event["step"] for event in events if event["state"] == "done"]
    assert done == ["lock", "build", "check", "register", "start", "release", "end"]
    assert events[-1] == {
        "step": "end", "state": "done", "version": 1, "live": True, "reference": "iris:1", "error": None,
    }  # fmt: skip
    assert control.host.woken == [("iris", 1)]

    route = control.table().models["iris"]
    assert route.aliases == {"champion": 1}
    assert [(share.version, share.percent) for share in route.release] == [(1, 100.0)]
    assert route.versions[1].signature == SIGNATURE
    assert route.versions[1].batchable

    shown = control.show("iris@champion")
    assert shown["version"]["by"] == "admin"
    assert shown["version"]["packages"] == [{"name": "numpy", "version": "1.0"}]
    assert {file["sha256"] for file in shown["version"]["files"]} == control.blobs()
    assert [action for action, _ in control.audit() if "key" not in action] == [
        "deploy.begun", "version.registered", "release.changed", "alias.set",
    ]  # fmt: skip


def test_events_are_seen_while_the_deploy_runs(control: InProcessControl) -> None:
    """Given a check that takes its time, then followers see it begin; one comes, one leaves, and both ways the deploy goes on."""
    control.host.gate = threading.Event()
    deploy_id = control.begin("iris", control.manifest(b"weights"))
    url = f"/api/v1/deploys/{deploy_id}/events"
    with control.http.stream("GET", url) as leaves, control.http.stream("GET", url) as stays:
        assert "lock" in next(leaves.iter_lines())
        leaves.close()
        lines = map(json.loads, stays.iter_lines())
        before = [next(lines) for _ in range(5)]
        assert (before[-1]["step"], before[-1]["state"]) == ("check", "started")
        assert control.http.get(f"/api/v1/deploys/{deploy_id}").json()["state"] == "running"
        control.host.gate.set()
        assert [event["step"] for event in lines if event["state"] == "done"][-1] == "end"


def test_a_version_answers_before_it_is_released(control: InProcessControl) -> None:
    """Given a live version, when the next is deployed to be live, then its worker is woken while the old one still has all traffic."""
    control.deploy("iris")
    live_at_wake: list[list[int]] = []
    control.host.on_wake = lambda _m, _v: live_at_wake.append(
        [share.version for share in control.table().models["iris"].release]
    )
    assert control.deploy("iris", b"better", release=True)["live"] is True
    assert live_at_wake == [[1]]
    assert [share.version for share in control.table().models["iris"].release] == [2]


def test_a_deploy_publishes_once_for_the_version_and_once_for_its_traffic(
    control: InProcessControl, caplog: pytest.LogCaptureFixture
) -> None:
    """A version must be known before it can be started, and started before traffic moves; without traffic once is enough."""

    def publications(content: bytes, **options: object) -> int:
        caplog.clear()
        with caplog.at_level(logging.INFO, logger="unshelf.foundation.publication"):
            control.deploy("iris", content, **options)
        return sum(record.message == "published" for record in caplog.records)

    assert publications(b"first", alias="champion") == 2
    assert publications(b"second") == 1
    assert publications(b"third", release=True, alias="champion") == 2


def test_the_log_says_of_all_that_a_deploy_did_who_began_it(control: InProcessControl) -> None:
    key = control.http.get("/api/v1/whoami").json()
    control.deploy("iris")
    events = control.http.get("/api/v1/audit").json()["events"]
    of_deploy = [event for event in events if event["action"].partition(".")[0] in ("deploy", "version", "release")]
    assert len(of_deploy) == 3
    assert {(event["actor_kind"], event["actor_id"], event["actor"]) for event in of_deploy} == {
        ("service_account", key["id"], "admin")
    }


def test_a_later_version_waits_for_its_release(control: InProcessControl) -> None:
    control.deploy("iris")
    end = control.deploy("iris", b"second")
    assert (end["version"], end["live"], end["reference"]) == (2, False, "iris:2")
    assert [share.version for share in control.table().models["iris"].release] == [1]


def test_a_first_version_may_be_kept_back(control: InProcessControl) -> None:
    assert control.deploy("iris", release=False)["live"] is False
    assert control.table().models["iris"].release == []


def test_the_same_content_again_is_a_new_version_of_the_same_bundle(control: InProcessControl) -> None:
    control.deploy("iris", b"same")
    before = control.blobs()
    assert control.deploy("iris", b"same")["version"] == 2
    assert control.blobs() == before
    assert control.show("iris:1")["version"]["digest"] == control.show("iris:2")["version"]["digest"]


def test_deploys_at_once_get_different_numbers(control: InProcessControl) -> None:
    """Given six deploys to one model that are all checked at the same time, when they go on, then each has a number of its own."""
    control.host.gate = threading.Event()
    manifests = [control.manifest(f"model {index}".encode()) for index in range(6)]
    ids = [control.begin("iris", manifest) for manifest in manifests]
    control.host.gate.set()
    ends = [control.events(deploy_id)[-1] for deploy_id in ids]
    assert sorted(end["version"] for end in ends) == [1, 2, 3, 4, 5, 6]
    assert [end["live"] for end in ends].count(True) == 1
    assert sorted(control.table().models["iris"].versions) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("step", ["lock", "build", "check"])
def test_a_model_that_fails_is_not_registered_and_leaves_nothing(control: InProcessControl, step: Any) -> None:
    """Given a host that can't prepare the bundle, when it is deployed, then step, reason and fix are told, and nothing is left."""
    control.host.fail_prepare = Failed(
        id=1, code=f"{step}_failed", detail="ValueError: no", hint="do this", step=step, log="the last lines"
    )
    deploy_id = control.begin("iris", control.manifest(b"weights"))
    events = control.events(deploy_id)
    assert (events[-2]["step"], events[-2]["state"]) == (step, "failed")
    error = {
        "code": f"{step}_failed",
        "step": step,
        "detail": "ValueError: no",
        "hint": "do this",
        "log": "the last lines",
    }
    assert (events[-1]["state"], events[-1]["error"]) == ("failed", error)

    assert control.blobs() == set()
    assert control.host.forgotten_bundles == [control.host.prepared[0].digest]
    assert control.http.get("/api/v1/models/iris").status_code == 404
    assert control.table().models == {}
    stored = control.http.get(f"/api/v1/deploys/{deploy_id}").json()
    assert (stored["state"], stored["error"]) == ("failed", error)
    assert [one["state"] for one in stored["steps"]][-1] == "failed"


@pytest.mark.long
def test_files_that_others_need_survive_a_failed_deploy(control: InProcessControl) -> None:
    control.deploy("iris", b"shared")
    kept = control.blobs()
    control.host.fail_prepare = Failed(id=1, code="check_failed", detail="no", step="check")
    control.deploy("other", b"shared", b"only here")
    assert control.blobs() == kept


@pytest.mark.long
def test_a_version_that_does_not_start_is_taken_back(control: InProcessControl) -> None:
    """Given a live version, when the next passes its check but no worker of it starts, then all is as before; its number is not reused."""
    control.deploy("iris", b"good")
    before, blobs = control.table().models["iris"], control.blobs()
    control.host.fail_wake = Failed(id=1, code="start_failed", detail="no memory", hint="use less", log="Killed")
    end = control.deploy("iris", b"bad", requirements=("torch",), release=True, alias="champion")

    assert end["state"] == "failed"
    assert (end["error"]["step"], end["error"]["code"]) == ("start", "start_failed")
    assert control.table().models["iris"] == before
    assert control.blobs() == blobs
    assert control.host.forgotten_environments == [prepared_for(control.host.prepared[-1])["environment"]]
    control.host.fail_wake = None
    assert control.deploy("iris", b"bad")["version"] == 3


@pytest.mark.long
def test_a_deploy_that_is_cancelled_ends_at_once_and_leaves_nothing(control: InProcessControl) -> None:
    """Given a check that takes its time, when the deploy is cancelled, then the host's work is given up and all is as before."""
    control.host.gate = threading.Event()
    deploy_id = control.begin("iris", control.manifest(b"weights"))
    wait_until(
        lambda: len(control.http.get(f"/api/v1/deploys/{deploy_id}").json()["steps"]) == 3, what="the check has begun"
    )
    answer = control.http.post(f"/api/v1/deploys/{deploy_id}/cancel")
    assert (answer.status_code, answer.json()["state"]) == (200, "running")
    end = control.events(deploy_id)[-1]
    assert (end["state"], end["error"]["code"], end["error"]["step"]) == ("failed", "cancelled", "check")
    assert end["error"]["detail"] == "The deploy was cancelled by admin."
    assert not control.host.gate.is_set(), "nobody waited for the check"
    assert control.blobs() == set()
    assert "iris" not in control.table().models
    assert [action for action, _ in control.audit() if "key" not in action] == [
        "deploy.begun", "deploy.cancelled", "deploy.failed",
    ]  # fmt: skip
    again = control.http.post(f"/api/v1/deploys/{deploy_id}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    control.host.gate.set()


@pytest.mark.long
def test_a_deploy_that_is_cancelled_while_its_worker_starts_takes_its_version_back(control: InProcessControl) -> None:
    reached, gate = threading.Event(), threading.Event()

    def hang(_model: str, _version: int) -> None:
        reached.set()
        gate.wait(60)

    control.host.on_wake = hang
    deploy_id = control.begin("iris", control.manifest(b"weights"))
    assert reached.wait(60)
    assert control.http.post(f"/api/v1/deploys/{deploy_id}/cancel").status_code == 200
    end = control.events(deploy_id)[-1]
    assert (end["error"]["code"], end["error"]["step"]) == ("cancelled", "start")
    assert "iris" not in control.table().models
    gate.set()


@pytest.mark.long
def test_a_deploy_that_is_over_or_not_ones_own_is_not_cancelled(control: InProcessControl) -> None:
    deploy_id = control.begin("iris", control.manifest(b"weights"))
    assert control.events(deploy_id)[-1]["state"] == "done"
    answer = control.http.post(f"/api/v1/deploys/{deploy_id}/cancel")
    assert answer.status_code == 409
    assert "is done" in answer.json()["detail"]
    assert control.http.post("/api/v1/deploys/none/cancel").status_code == 404
    assert control.table().models["iris"].versions


@pytest.mark.long
def test_the_deploys_of_one_do_not_keep_those_of_others_waiting(control: InProcessControl) -> None:
    """Given a key that deploys more at once than there are places, all of which hang, when another deploys, then that is done."""
    gate = control.host.gate = threading.Event()
    slow = [control.begin(f"slow{number}", control.manifest(b"%d" % number)) for number in range(12)]
    wait_until(lambda: len(control.host.prepared) == 8, what="one actor has the places that one may have")
    control.host.gate = None
    other = control.client(role="deploy", models=["iris"])
    begun = other.post("/api/v1/deploys", json={"name": "iris", "manifest": control.manifest(b"weights", sender=other)})
    assert control.events(begun.json()["id"])[-1]["state"] == "done"
    assert len(control.host.prepared) == 9
    waiting = slow[-1]
    assert control.http.post(f"/api/v1/deploys/{waiting}/cancel").status_code == 200
    assert control.events(waiting)[-1]["error"]["code"] == "cancelled"
    gate.set()
    assert {control.events(each)[-1]["state"] for each in slow[:-1]} == {"done"}


@pytest.mark.long
def test_a_host_that_does_not_answer_fails_the_deploy_and_tidies_later(tmp_path: Path) -> None:
    """Given no host, when something is deployed, then it says so; when the host is back, what was left behind goes."""
    with in_process_control(tmp_path / "home", host_answers=False) as control:
        end = control.deploy("iris", b"weights")
        assert (end["state"], end["error"]["code"], end["error"]["step"]) == ("failed", "unavailable", "lock")
        assert control.blobs() == set()
    with in_process_control(tmp_path / "home") as control:
        control.deploy("other", b"other")
        wait_until(lambda: len(control.host.forgotten_bundles) == 1, what="what was left behind is gone")


@pytest.mark.long
def test_a_deploy_cut_off_by_the_end_of_control_goes_on_with_the_next(tmp_path: Path) -> None:
    """Given a control that dies while a version is being started, when the next begins, then it goes on from there, once."""
    reached, gate = threading.Event(), threading.Event()

    def hang(_model: str, _version: int) -> None:
        reached.set()
        gate.wait(60)

    with in_process_control(tmp_path / "home") as control:
        control.host.on_wake = hang
        deploy_id = control.begin("iris", control.manifest(b"weights"))
        assert reached.wait(60)
        with control.http.stream("GET", f"/api/v1/deploys/{deploy_id}/events") as answer:
            lines = answer.iter_lines()
            seen = [json.loads(next(lines)) for _ in range(9)]
    with in_process_control(tmp_path / "home") as after:
        events = after.events(deploy_id)
        assert events[: len(seen)] == seen, "who comes back finds what was seen at its place"
        assert [(event["step"], event["state"]) for event in events[len(seen) :]] == [
            ("start", "info"), ("start", "started"), ("start", "done"),
            ("release", "started"), ("release", "done"), ("end", "done"),
        ]  # fmt: skip
        assert after.host.prepared == [], "what was registered is not prepared again"
        assert list(after.table().models["iris"].versions) == [1]
        assert [action for action, _ in after.audit() if "key" not in action] == [
            "deploy.begun", "version.registered", "release.changed",
        ]  # fmt: skip
    gate.set()


@pytest.mark.long
def test_a_deploy_that_every_control_dies_of_fails_in_the_end(tmp_path: Path) -> None:
    """Given a deploy that many controls began and did not end, when the next begins, then it fails, taken back whole."""
    reached, gate = threading.Event(), threading.Event()

    def hang(_model: str, _version: int) -> None:
        reached.set()
        gate.wait(60)

    with in_process_control(tmp_path / "home") as control:
        control.host.on_wake = hang
        deploy_id = control.begin("iris", control.manifest(b"weights"))
        assert reached.wait(60)
        database = SqliteDatabase(f"sqlite:///{control.home.folder}/unshelf.db")
        with database.transaction() as session:
            session.execute(update(WorkRow).where(WorkRow.key == deploy_id).values(attempts=MOST_ATTEMPTS))
        database.dispose()
    with in_process_control(tmp_path / "home") as after:
        end = after.events(deploy_id)[-1]
        assert (end["state"], end["error"]["code"], end["error"]["step"]) == ("failed", "interrupted", "start")
        assert after.table().models == {}
        assert after.blobs() == set()
    gate.set()


@pytest.mark.long
def test_the_same_request_again_begins_nothing_new(control: InProcessControl) -> None:
    manifest, key = control.manifest(b"weights"), "k" * 24
    first = control.begin("iris", manifest, key=key)
    assert control.begin("iris", manifest, key=key) == first
    control.events(first)
    assert control.begin("iris", manifest, key=key) == first
    other = control.http.post("/api/v1/deploys", json={"name": "wine", "manifest": manifest, "key": key})
    assert other.status_code == 409
    assert list(control.table().models["iris"].versions) == [1]


REFUSED: list[tuple[Callable[[dict[str, Any]], dict[str, Any]], int, str]] = [
    (lambda m: {"name": "../etc"}, 422, "may be no model's name"),
    (lambda m: {"name": "Iris"}, 422, "lower-case"),
    (lambda m: {"alias": "a b"}, 422, "may be no alias"),
    (lambda m: {"manifest": {**m, "python": 3}}, 422, "`$.python`"),
    (
        lambda m: {"manifest": {**m, "files": [{"path": "../x", "sha256": "0" * 64, "size": 1}]}},
        422,
        "no path inside",
    ),
    (lambda m: {"manifest": {**m, "lock": "gone.toml"}}, 422, "no file of the bundle"),
    (lambda m: {"manifest": {**m, "files": [{"path": "x", "sha256": "0" * 64, "size": 1}]}}, 409, "0" * 64),
    (
        lambda m: {"manifest": {**m, "files": [{**m["files"][0], "size": 8}]}},
        422,
        "has 7 bytes; the manifest says 8",
    ),
    (lambda m: {"manifest": {**m, "files": [{**m["files"][0], "size": 10**12}]}}, 422, "has 7 bytes"),
    (lambda m: {"manifest": {**m, "requirements": ["a " + "\t" * 200_000 + "x"]}}, 422, "at most 1000 are read"),
    (lambda m: {"manifest": {**m, "requirements": ["six"] * 3000}}, 422, "3000 requirements"),
    (lambda m: {"surprise": 1}, 422, "surprise"),
]
"""What is changed of a request to deploy, the status of the answer, and what it says."""


@pytest.mark.long
def test_what_can_not_be_deployed_is_refused_at_once(control: InProcessControl) -> None:
    manifest = control.manifest(b"weights")
    for change, status, says in REFUSED:
        answer = control.http.post("/api/v1/deploys", json={"name": "iris", "manifest": manifest, **change(manifest)})
        assert answer.status_code == status, answer.text
        assert says in answer.text
    assert control.host.prepared == []


@pytest.mark.long
def test_a_key_deploys_only_the_models_it_is_good_for(control: InProcessControl) -> None:
    """Given a key for some models, when it deploys or looks at others', then it is refused, and sees nothing of them."""
    mine = control.client(role="deploy", models=["mine-*"])
    control.manifest(b"weights")
    manifest = control.manifest(b"weights", sender=mine)
    refused = mine.post("/api/v1/deploys", json={"name": "iris", "manifest": manifest})
    assert refused.status_code == 403
    theirs = control.begin("iris", manifest)
    control.events(theirs)
    assert mine.get(f"/api/v1/deploys/{theirs}").status_code == 404
    assert mine.get(f"/api/v1/deploys/{theirs}/events").status_code == 404
    assert mine.get("/api/v1/models").json()["models"] == []
    assert mine.get("/api/v1/environments").json()["environments"] == []
    hash = control.show("iris")["version"]["environment"]
    assert mine.get(f"/api/v1/environments/{hash}/lock").status_code == 404
    assert mine.post("/api/v1/deploys", json={"name": "mine-1", "manifest": manifest}).status_code == 202


@pytest.mark.long
def test_a_deploy_nobody_began_is_not_found(control: InProcessControl) -> None:
    assert control.http.get("/api/v1/deploys/nothing").status_code == 404
    assert control.http.get("/api/v1/deploys/nothing/events").status_code == 404


@pytest.mark.long
def test_the_manifest_the_host_gets_is_the_one_that_names_the_bundle(control: InProcessControl) -> None:
    control.deploy("iris", b"weights")
    manifest: Manifest = control.host.prepared[0]
    assert control.show("iris")["version"]["digest"] == manifest.digest
