"""Secrets over the API: set, listed without values, deleted; their values reach the host alone."""

from typing import Any

import pytest

from tests.support.in_process import InProcessControl
from tests.support.waiting import wait_until

VALUE = "correct horse battery staple"
PATH = "/api/v1/models/iris/secrets/SERVICE_KEY"


def test_from_a_value_to_the_check_and_the_host(control: InProcessControl) -> None:
    """A model that does not exist yet has secrets for its first check."""
    answer = control.http.put(PATH, json={"value": VALUE})
    assert answer.status_code == 200, answer.text
    assert answer.json()["replicas"] == 0
    assert control.deploy("iris")["state"] == "done"
    assert control.host.checked_with == [{"SERVICE_KEY": VALUE}]
    route = control.table().models["iris"].versions[1]
    assert control.host.secrets == {"iris": (route.secrets, {"SERVICE_KEY": VALUE})}
    assert control.deploy("other")["state"] == "done"
    assert control.host.checked_with[-1] == {}

    (listed,) = control.http.get("/api/v1/models/iris/secrets").json()["secrets"]
    assert listed.keys() == {"model", "project", "name", "set_at", "set_by", "readable", "source"}
    assert control.http.get("/api/v1/secrets").json()["secrets"] == [listed]
    assert control.http.delete(PATH).status_code == 204
    assert control.http.delete(PATH).status_code == 404
    assert control.host.secrets == {}
    assert [each for each in control.audit() if each[0].startswith("secret.")] == [
        ("secret.set", "iris"), ("secret.used", "iris"), ("secret.used", "iris"), ("secret.deleted", "iris"),
    ]  # fmt: skip


def test_secrets_of_a_project_reach_the_checks_and_workers_of_all_its_models(control: InProcessControl) -> None:
    control.http.post("/api/v1/projects", json={"name": "credit"}).raise_for_status()
    shared = "/api/v1/projects/credit/secrets/SERVICE_KEY"
    set_ = control.http.put(shared, json={"value": VALUE})
    assert (set_.status_code, set_.json()["project"], set_.json()["model"]) == (200, "credit", None)
    assert control.deploy("score", project="credit")["state"] == "done"
    assert control.deploy("iris")["state"] == "done"
    assert control.host.checked_with == [{"SERVICE_KEY": VALUE}, {}]
    route = control.table().models["score"].versions[1]
    assert control.host.secrets == {"score": (route.secrets, {"SERVICE_KEY": VALUE})}
    control.http.put("/api/v1/models/iris/project", json={"project": "credit"}).raise_for_status()
    assert control.host.secrets["iris"][1] == {"SERVICE_KEY": VALUE}
    assert [each["name"] for each in control.http.get("/api/v1/projects/credit/secrets").json()["secrets"]] == [
        "SERVICE_KEY"
    ]
    stranger = control.client(role="deploy", models=["score"])
    assert stranger.get("/api/v1/projects/credit/secrets").status_code == 403
    assert control.http.delete(shared).status_code == 204
    assert control.host.secrets == {}
    assert VALUE not in str(control.audit())


def test_only_who_may_manage_a_models_secrets_sees_or_changes_them(control: InProcessControl) -> None:
    assert control.http.put(PATH, json={"value": VALUE}).status_code == 200
    predicts, others = control.client(role="predict", models=["iris"]), control.client(role="deploy", models=["mine"])
    for stranger in (predicts, others):
        for verb, path in (("GET", PATH.rpartition("/")[0]), ("PUT", PATH), ("DELETE", PATH)):
            answer = stranger.request(verb, path, json={"value": "x"} if verb == "PUT" else None)
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), (verb, path)
    assert predicts.get("/api/v1/secrets").status_code == 403
    assert others.get("/api/v1/secrets").json()["secrets"] == []
    owner = control.client(role="deploy", models=["iris"])
    assert len(owner.get("/api/v1/secrets").json()["secrets"]) == 1
    assert owner.put(PATH, json={"value": "y"}).status_code == 200


@pytest.mark.long
def test_no_error_shows_any_of_a_value(control: InProcessControl) -> None:
    bodies: list[Any] = [
        {"value": VALUE + "\0"},
        {"value": [VALUE]},
        {"value": {"a": VALUE}},
        {"valeu": VALUE},
        {"value": VALUE * 2000},
        [VALUE],
        VALUE,
    ]
    for body in bodies:
        answer = control.http.put(PATH, json=body)
        assert answer.status_code == 422, answer.text
        assert VALUE not in answer.json()["detail"], body
        assert VALUE not in str([fault["got"] for fault in answer.json().get("errors") or []]), body
    assert control.http.get("/api/v1/secrets").json()["secrets"] == []


@pytest.mark.long
def test_names_that_are_not_the_makers_are_refused(control: InProcessControl) -> None:
    for name in ("PATH", "LD_PRELOAD", "PYTHONPATH", "UNSHELF_HOME", "1A", "A%20B", "A=B"):
        answer = control.http.put(f"/api/v1/models/iris/secrets/{name}", json={"value": VALUE})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input"), name


@pytest.mark.long
def test_a_host_that_lost_its_copy_gets_the_secrets_again(control: InProcessControl) -> None:
    assert control.http.put(PATH, json={"value": VALUE}).status_code == 200
    control.host.secrets.clear()
    wait_until(lambda: bool(control.host.secrets))
    assert control.host.secrets["iris"][1] == {"SERVICE_KEY": VALUE}


@pytest.mark.long
def test_a_lost_key_fails_a_deploy_by_name(control: InProcessControl) -> None:
    assert control.http.put(PATH, json={"value": VALUE}).status_code == 200
    control.home.secrets_key.unlink()
    end = control.deploy("iris")
    assert (end["state"], end["error"]["code"]) == ("failed", "conflict")
    assert "The secret SERVICE_KEY of iris can't be read" in end["error"]["detail"]
    assert control.http.get("/api/v1/secrets").json()["secrets"][0]["readable"] is False
