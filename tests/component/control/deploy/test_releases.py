"""Releases over the API: shares, the way back, pausing."""

import pytest

from tests.support.in_process import InProcessControl
from unshelf.contracts.protocols.host import Failed


def release(control: InProcessControl, version: int, percent: float = 100) -> dict[int, float]:
    answer = control.http.put("/api/v1/models/iris/release", json={"version": version, "percent": percent})
    assert answer.status_code == 200, answer.text
    return {share["version"]: share["percent"] for share in answer.json()["release"]}


def roll_back(control: InProcessControl) -> dict[int, float]:
    answer = control.http.post("/api/v1/models/iris/rollback")
    assert answer.status_code == 200, answer.text
    return {share["version"]: share["percent"] for share in answer.json()["release"]}


def live(control: InProcessControl) -> dict[int, float]:
    return {share.version: share.percent for share in control.table().models["iris"].release}


def deploy_versions(control: InProcessControl, count: int) -> None:
    for number in range(1, count + 1):
        control.deploy("iris", f"model {number}".encode())


def test_a_release_moves_traffic_at_once_and_is_in_the_audit_trail(control: InProcessControl) -> None:
    deploy_versions(control, 2)
    assert release(control, 2, 25) == live(control) == {1: 75, 2: 25}
    assert release(control, 2) == live(control) == {2: 100}
    assert [action for action, _ in control.audit()][-2:] == ["release.changed", "release.changed"]


def test_rollbacks_go_back_release_by_release(control: InProcessControl) -> None:
    """Given three releases, when rolled back, then each call goes one further back, until there is none."""
    deploy_versions(control, 3)
    release(control, 2, 50)
    release(control, 3)
    assert roll_back(control) == live(control) == {1: 50, 2: 50}
    assert roll_back(control) == {1: 100}
    answer = control.http.post("/api/v1/models/iris/rollback")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_a_release_after_a_rollback_can_be_rolled_back_to_where_it_came_from(control: InProcessControl) -> None:
    deploy_versions(control, 3)
    release(control, 2)
    roll_back(control)
    release(control, 3)
    assert roll_back(control) == {1: 100}


def test_the_same_release_again_is_no_step_of_the_way_back(control: InProcessControl) -> None:
    deploy_versions(control, 2)
    release(control, 2)
    release(control, 2)
    assert roll_back(control) == {1: 100}


@pytest.mark.long
def test_the_way_back_passes_over_versions_that_were_removed(control: InProcessControl) -> None:
    deploy_versions(control, 3)
    release(control, 2)
    release(control, 3)
    control.http.delete("/api/v1/models/iris:2").raise_for_status()
    assert roll_back(control) == {1: 100}


@pytest.mark.long
def test_the_way_back_does_not_lead_into_an_earlier_life_of_the_name(control: InProcessControl) -> None:
    deploy_versions(control, 2)
    control.http.delete("/api/v1/models/iris").raise_for_status()
    control.deploy("iris", b"new")
    assert control.http.post("/api/v1/models/iris/rollback").status_code == 409


@pytest.mark.long
def test_what_can_not_be_released_is_refused(control: InProcessControl) -> None:
    deploy_versions(control, 1)
    put = control.http.put
    assert put("/api/v1/models/iris/release", json={"version": 9}).status_code == 404
    assert put("/api/v1/models/wine/release", json={"version": 1}).status_code == 404
    assert put("/api/v1/models/iris/release", json={"version": 1, "percent": 30}).status_code == 409
    assert put("/api/v1/models/iris/release", json={"version": 1, "percent": 101}).status_code == 422
    assert put("/api/v1/models/iris/release", json={"version": 1, "persent": 1}).status_code == 422
    assert live(control) == {1: 100}


@pytest.mark.long
def test_a_model_or_one_version_pauses_and_resumes(control: InProcessControl) -> None:
    deploy_versions(control, 2)
    post = control.http.post
    assert post("/api/v1/models/iris/pause").json() == {"reference": "iris", "paused": True}
    assert control.table().models["iris"].paused
    assert post("/api/v1/models/iris/resume").json() == {"reference": "iris", "paused": False}
    assert post("/api/v1/models/iris:2/pause").json() == {"reference": "iris:2", "paused": True}
    post("/api/v1/models/iris:2/pause").raise_for_status()
    route = control.table().models["iris"]
    assert (route.paused, route.versions[1].paused, route.versions[2].paused) == (False, False, True)
    assert [one["paused"] for one in control.show("iris")["versions"]] == [False, True]
    assert [event for event in control.audit() if "paused" in event[0]] == [
        ("model.paused", "iris"),
        ("version.paused", "iris:2"),
    ]


@pytest.mark.long
def test_a_key_for_other_models_changes_nothing(control: InProcessControl) -> None:
    deploy_versions(control, 2)
    other = control.client(role="deploy", models=["wine"])
    for method, path in [
        ("PUT", "iris/release"), ("POST", "iris/rollback"), ("POST", "iris:2/pause"), ("POST", "iris/resume"),
        ("PUT", "iris/aliases/x"), ("DELETE", "iris/aliases/x"), ("DELETE", "iris:2"), ("GET", "iris@x"),
        ("GET", "iris/predictions"),
    ]:  # fmt: skip
        answer = other.request(method, f"/api/v1/models/{path}", json={"version": 2})
        assert answer.status_code == 403, (method, path, answer.text)
    assert live(control) == {1: 100}


@pytest.mark.long
def test_a_version_is_woken_before_traffic_moves_to_it(control: InProcessControl) -> None:
    deploy_versions(control, 2)
    live_when_woken: list[dict[int, float]] = []
    control.host.on_wake = lambda _model, _version: live_when_woken.append(live(control))
    release(control, 2)
    assert control.host.woken[-1] == ("iris", 2)
    assert live_when_woken == [{1: 100}]


@pytest.mark.long
def test_a_version_that_does_not_start_gets_no_traffic(control: InProcessControl) -> None:
    deploy_versions(control, 2)
    control.host.fail_wake = Failed(id=1, code="unavailable", detail="iris:2 can't be started: it ended")
    answer = control.http.put("/api/v1/models/iris/release", json={"version": 2, "percent": 100})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert "can't be started: it ended" in answer.json()["detail"]
    assert live(control) == {1: 100}
