"""Names of models across projects: what a project has is told to nobody else, whoever deploys under the same name."""

import httpx
import pytest

from tests.support.accounts import PASSWORD
from tests.support.in_process import InProcessControl
from tests.support.waiting import wait_until


def project(control: InProcessControl, name: str) -> httpx.Client:
    """Begin a project; a client with a key to deploy in it."""
    control.http.post("/api/v1/projects", json={"name": name}).raise_for_status()
    return control.client(role="deploy", project=name)


def user(control: InProcessControl, name: str, **role: str) -> httpx.Client:
    """A client of somebody who was invited, with a role if one is named."""
    url = control.http.post("/api/v1/users", json={"name": name, **role}).json()["url"]
    link = {"link": url.partition("#")[2], "password": PASSWORD}
    control.http.post("/api/v1/password/link", json=link).raise_for_status()
    caller = control.client()
    del caller.headers["authorization"]
    opened = caller.post("/api/v1/session", json={"name": name, "password": PASSWORD}).json()
    csrf = {"x-unshelf-csrf": opened["csrf_token"]}
    token = caller.post("/api/v1/tokens", json={"name": "t"}, headers=csrf).json()["token"]
    caller.headers["authorization"] = f"Bearer {token}"
    return caller


def begun(client: httpx.Client, control: InProcessControl, name: str, **more: object) -> httpx.Response:
    return client.post(
        "/api/v1/deploys", json={"name": name, "manifest": control.manifest(b"model", sender=client), **more}
    )


def names(client: httpx.Client) -> list[str]:
    return [each["name"] for each in client.get("/api/v1/deploys").json()["deploys"]]


def test_the_name_of_a_removed_model_stays_with_its_project(control: InProcessControl) -> None:
    ours, theirs = project(control, "ours"), project(control, "theirs")
    control.deploy("score", project="ours")
    control.http.delete("/api/v1/models/score").raise_for_status()
    refused = begun(theirs, control, "score", project="theirs")
    assert (refused.status_code, refused.json()["detail"]) == (409, "The name 'score' is taken.")
    assert (names(theirs), names(ours)) == ([], ["score"])
    assert begun(ours, control, "score", project="ours").status_code == 202


def test_who_manages_both_projects_may_give_the_name_to_the_other(control: InProcessControl) -> None:
    project(control, "ours"), project(control, "theirs")
    control.deploy("score", project="ours")
    control.http.delete("/api/v1/models/score").raise_for_status()
    assert control.deploy("score", project="theirs")["state"] == "done"
    assert control.show("score")["project"] == "theirs"


@pytest.mark.long
def test_secrets_that_wait_for_a_model_are_not_given_to_another_project_s(control: InProcessControl) -> None:
    theirs = project(control, "theirs")
    control.http.put("/api/v1/models/score/secrets/TOKEN", json={"value": "ours alone"}).raise_for_status()
    for dry_run in (True, False):
        refused = begun(theirs, control, "score", project="theirs", dry_run=dry_run)
        assert (refused.status_code, refused.json()["detail"]) == (409, "The name 'score' is taken.")
    assert control.deploy("score")["state"] == "done"


@pytest.mark.long
def test_a_dry_run_of_a_new_name_is_its_project_s_alone(control: InProcessControl) -> None:
    of_default = control.client(role="deploy", project="default")
    ours = project(control, "ours")
    answer = begun(ours, control, "score", project="ours", dry_run=True)
    assert answer.status_code == 202, answer.text
    wait_until(lambda: ours.get(f"/api/v1/deploys/{answer.json()['id']}").json()["state"] != "running", what="the end")
    assert (names(ours), names(of_default)) == (["score"], [])
    events = control.http.get("/api/v1/audit?limit=1000").json()["events"]
    assert {each["project"] for each in events if each["model"] == "score"} == {"ours"}


@pytest.mark.long
def test_a_key_for_names_gets_into_no_project_by_them(control: InProcessControl) -> None:
    project(control, "ours")
    by_name = control.client(role="deploy", models=["score*"])
    assert begun(by_name, control, "score", project="ours").status_code == 403
    assert begun(by_name, control, "score").status_code == 202
    in_project = control.client(role="deploy", models=["risk*"], project="ours")
    assert begun(in_project, control, "risk", project="ours").status_code == 202


@pytest.mark.long
def test_the_owner_of_a_model_alone_moves_it_into_no_project_that_they_only_see(control: InProcessControl) -> None:
    project(control, "ours")
    control.deploy("score")
    owner = user(control, "ada", role="owner", model="score")
    wanted = {"kind": "user", "name": "ada", "role": "viewer"}
    control.http.post("/api/v1/projects/ours/members", json=wanted).raise_for_status()
    assert owner.put("/api/v1/models/score/project", json={"project": "ours"}).status_code == 403
    control.http.post("/api/v1/projects/ours/members", json=wanted | {"role": "contributor"}).raise_for_status()
    assert owner.put("/api/v1/models/score/project", json={"project": "ours"}).status_code == 200


@pytest.mark.long
def test_a_deploy_of_what_one_may_not_see_is_not_found(control: InProcessControl) -> None:
    project(control, "ours")
    control.deploy("score", project="ours")
    ada = user(control, "ada", role="contributor", project="default")
    (deploy,) = control.http.get("/api/v1/deploys").json()["deploys"]
    for verb, path in (("GET", ""), ("GET", "/events"), ("POST", "/cancel")):
        hidden = ada.request(verb, f"/api/v1/deploys/{deploy['id']}{path}")
        none = ada.request(verb, f"/api/v1/deploys/none{path}")
        assert (hidden.status_code, none.status_code) == (404, 404)
        assert hidden.json()["detail"].replace(deploy["id"], "none") == none.json()["detail"]
