"""Projects through the whole API of control: deployed into, archived, tied to goals; models move between them and stay what they are."""

import pytest

from tests.support.in_process import InProcessControl


def test_a_project_lives_through_deploys_goals_and_its_archive(control: InProcessControl) -> None:
    made = control.http.post("/api/v1/projects", json={"name": "credit", "title": "Credit risk"})
    assert (made.status_code, made.json()["stage"]) == (201, "manage")
    control.deploy("score", project="credit", release=False)
    assert control.http.get("/api/v1/projects/credit").json()["stage"] == "develop"
    control.http.put("/api/v1/models/score/release", json={"version": 1}).raise_for_status()
    assert control.http.get("/api/v1/projects/credit").json()["stage"] == "deploy"
    assert [each["stage"] for each in control.http.get("/api/v1/projects").json()["projects"]] == ["deploy", "manage"]

    body = {"title": "Quick", "metric": "load_seconds", "direction": "at_most", "target": 60}
    goal = control.http.post("/api/v1/projects/credit/goals", json=body).json()
    assert goal["missing"] == ["owner", "tie", "value"]
    tied = control.http.post(
        f"/api/v1/projects/credit/goals/{goal['id']}/ties", json={"kind": "version", "name": "score:1"}
    ).json()
    assert (tied["missing"], tied["latest"]["source"]) == (["owner"], "the check of score:1")

    control.http.post("/api/v1/projects/credit/archive", json={"reason": "over"}).raise_for_status()
    refused = control.http.post("/api/v1/deploys", json={"name": "score", "manifest": control.manifest(b"2")})
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert "archived" in refused.json()["detail"]
    assert control.show("score")["release"] == [{"version": 1, "percent": 100.0}]
    control.http.post("/api/v1/projects/credit/restore", json={}).raise_for_status()
    assert control.deploy("score", b"2")["state"] == "done"


def test_a_model_moves_with_its_versions_aliases_deploys_and_events(control: InProcessControl) -> None:
    control.deploy("score", alias="champion")
    control.http.post("/api/v1/projects", json={"name": "credit"}).raise_for_status()
    before = control.show("score")
    moved = control.http.put("/api/v1/models/score/project", json={"project": "credit", "reason": "tidy"})
    assert moved.json() == {"name": "score", "project": "credit", "visibility": "private"}
    assert control.show("score") == before | {"project": "credit"}
    assert control.table().models["score"].project == "credit"
    listed = control.http.get("/api/v1/models", params={"project": "credit"}).json()["models"]
    assert [each["name"] for each in listed] == ["score"]
    assert [each["name"] for each in control.http.get("/api/v1/deploys?model=score").json()["deploys"]] == ["score"]
    assert control.deploy("score", b"2", project="credit")["version"] == 2
    refused = control.http.post(
        "/api/v1/deploys", json={"name": "score", "project": "default", "manifest": control.manifest(b"3")}
    )
    assert (refused.status_code, "credit" in refused.json()["detail"]) == (409, True)


def test_a_key_of_a_project_follows_the_models_that_come_and_go(control: InProcessControl) -> None:
    control.deploy("score")
    control.http.post("/api/v1/projects", json={"name": "credit"}).raise_for_status()
    of_credit = control.client(role="deploy", project="credit")
    assert of_credit.get("/api/v1/models").json()["models"] == []
    control.http.put("/api/v1/models/score/project", json={"project": "credit"}).raise_for_status()
    assert [each["name"] for each in of_credit.get("/api/v1/models").json()["models"]] == ["score"]
    assert of_credit.put("/api/v1/models/score/project", json={"project": "default"}).status_code == 403


@pytest.mark.long
def test_a_model_is_opened_to_those_who_are_logged_in(control: InProcessControl) -> None:
    control.deploy("score")
    for visibility in ("internal", "public", "private"):
        answer = control.http.put("/api/v1/models/score/visibility", json={"visibility": visibility})
        assert answer.json()["visibility"] == visibility
        assert control.table().models["score"].visibility == visibility
    assert control.http.put("/api/v1/models/score/visibility", json={"visibility": "open"}).status_code == 422
    assert control.http.put("/api/v1/models/none/visibility", json={"visibility": "public"}).status_code == 404


@pytest.mark.long
def test_a_laptop_sees_none_of_it_until_it_is_wanted(control: InProcessControl) -> None:
    control.deploy("iris")
    assert (control.show("iris")["project"], control.show("iris")["visibility"]) == ("default", "private")
    assert [each["name"] for each in control.http.get("/api/v1/projects").json()["projects"]] == ["default"]
    assert control.http.get("/api/v1/requests").json() == {"requests": [], "next_cursor": None}
