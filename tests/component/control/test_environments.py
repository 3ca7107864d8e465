"""Named environments over a real control: made, compared, deprecated, restricted, exported, deleted; the host is a stand-in."""

import json
from collections.abc import Iterator
from threading import Event
from typing import Any

import httpx
import pytest

from tests.support.in_process import InProcessControl, in_process_control
from tests.support.stand_in_host import hash_of, lock_of
from tests.support.waiting import wait_until
from unshelf.contracts.protocols.host import Failed


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcessControl]:
    with in_process_control(tmp_path_factory.mktemp("environments") / "home") as running:
        yield running


def ask(control: InProcessControl, verb: str, path: str, body: Any = None) -> httpx.Response:
    return control.http.request(verb, f"/api/v1/environments{path}", json=body)


def got(control: InProcessControl, verb: str, path: str, body: Any = None) -> Any:
    answer = ask(control, verb, path, body)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


def build(control: InProcessControl, name: str, **wanted: Any) -> list[dict[str, Any]]:
    """Make a version, and return the events of its build."""
    begun = got(control, "POST", "/builds", {"name": name, **wanted})["id"]
    return [json.loads(line) for line in ask(control, "GET", f"/builds/{begun}/events").text.splitlines()]


def test_a_version_is_made_step_by_step(control: InProcessControl) -> None:
    events = build(control, "first", requirements=["numpy"], notes="For forecasts.")

    assert [(event["step"], event["state"]) for event in events] == [
        ("lock", "started"), ("lock", "done"), ("build", "started"), ("build", "done"), ("register", "done"), ("end", "done"),
    ]  # fmt: skip
    assert events[-1]["reference"] == "first:1"
    shown = got(control, "GET", "/names/first")
    (version,) = shown["versions"]
    assert (shown["project"], shown["may_change"], version["reference"]) == ("default", True, "first:1")
    assert (version["environment"], version["packages"], version["bytes"]) == (hash_of(lock_of(["numpy"])), 1, 4096)
    assert (version["notes"], version["origin"]["requirements"]) == ("For forecasts.", ["numpy"])
    (built,) = got(control, "GET", "/builds?name=first")["builds"]
    assert (built["state"], built["version"], [step["step"] for step in built["steps"]]) == (
        "done", 1, ["lock", "build", "register"],
    )  # fmt: skip
    actions = [each["action"] for each in control.http.get("/api/v1/audit?subject=first").json()["events"]]
    assert actions == ["environment.version_added", "environment.build_begun"]


def test_packages_are_added_to_what_is_there_at_its_versions(control: InProcessControl) -> None:
    """Given a curated environment, when a project adds to it, then the host locks what it had, pinned, beside what is new."""
    build(control, "curated", requirements=["numpy==2.0", "scipy==1.9"], curated=True)
    events = build(control, "own", requirements=["pandas", "scipy==1.10"], base="curated")
    assert events[-1]["reference"] == "own:1"
    asked = control.host.built[-1].requirements
    assert asked[:2] == ["pandas", "scipy==1.10"]
    assert [each.partition(" ")[0] for each in asked[2:]] == ["numpy==2.0"]
    found = got(control, "GET", "/curated:1/diff/own")
    assert [(each["name"], each["before"], each["after"]) for each in found["changed"]] == [("scipy", "1.9", "1.10")]
    assert [each["name"] for each in found["added"]] == ["pandas"]
    assert (found["before"], found["after"], found["removed"], found["unchanged"]) == ("curated:1", "own:1", [], 1)
    assert got(control, "GET", "/names/own")["versions"][0]["origin"]["base"] == "curated:1"


def test_the_same_packages_are_no_new_version_and_the_same_environment(control: InProcessControl) -> None:
    build(control, "same", requirements=["six"])
    assert build(control, "same", requirements=["six"])[-1]["reference"] == "same:1"
    assert build(control, "other", requirements=["six"])[-1]["reference"] == "other:1"
    assert got(control, "GET", "/other")["names"] == ["other:1", "same:1"]
    again = build(control, "copy", base=got(control, "GET", "/other")["hash"][:12])
    assert (again[-1]["reference"], again[-1]["environment"]) == ("copy:1", hash_of(lock_of(["six"])))
    assert control.host.built[-1].environment == hash_of(lock_of(["six"]))


def test_the_environment_of_a_model_gets_a_name_and_says_who_uses_it(control: InProcessControl) -> None:
    assert control.deploy("iris", requirements=("joblib",))["state"] == "done"
    assert build(control, "of-iris", version="iris")[-1]["reference"] == "of-iris:1"
    shown = got(control, "GET", "/of-iris")
    assert [(each["kind"], each["name"]) for each in shown["used_by"]] == [("version", "iris:1")]
    assert shown["hash"] == got(control, "GET", "/iris:1")["hash"]
    assert got(control, "GET", "/names/of-iris")["in_use"]
    used = [each["name"] for each in got(control, "GET", "/names?in_use=true")["environments"]]
    assert "of-iris" in used
    assert "first" not in used


def test_a_failure_names_the_step_and_the_reason_and_makes_nothing(control: InProcessControl) -> None:
    control.host.fail_build = Failed(
        id=1,
        code="lock_failed",
        detail="There is no package named 'numqy' in the package index.",
        step="lock",
        log="uv",
    )
    try:
        end = build(control, "broken", requirements=["numqy"])[-1]
    finally:
        control.host.fail_build = None
    assert (end["state"], end["error"]["code"], end["error"]["step"]) == ("failed", "lock_failed", "lock")
    assert "numqy" in end["error"]["detail"]
    assert ask(control, "GET", "/names/broken").status_code == 404


def test_a_deprecated_one_is_passed_over_and_warns(control: InProcessControl) -> None:
    build(control, "aging", requirements=["a"])
    build(control, "aging", requirements=["b"])
    wanted = {"version": 2, "note": "It leaks.", "successor": "aging:1"}
    changed = got(control, "PATCH", "/names/aging", {"deprecation": wanted})
    assert changed["latest"]["reference"] == "aging:1"
    assert got(control, "GET", "/aging")["warning"] == ""
    assert got(control, "GET", "/aging:2")["warning"] == (
        "The environment aging:2 is deprecated: It leaks. Use aging:1 instead."
    )
    got(control, "PATCH", "/names/aging", {"deprecation": {"version": 2, "withdrawn": True}})
    assert got(control, "GET", "/aging")["reference"] == "aging:2"
    assert ask(control, "PATCH", "/names/aging", {"deprecation": {"successor": "nothing"}}).status_code == 404


def test_one_curated_environment_is_the_default(control: InProcessControl) -> None:
    for name in ("base-a", "base-b"):
        build(control, name, requirements=["six"], curated=True)
        got(control, "PATCH", f"/names/{name}", {"is_default": True, "notes": "The usual one."})
    defaults = [each["name"] for each in got(control, "GET", "/names")["environments"] if each["is_default"]]
    assert defaults == ["base-b"]
    build(control, "mine", requirements=["six"])
    assert ask(control, "PATCH", "/names/mine", {"is_default": True}).status_code == 422


def test_a_restricted_one_lists_who_may_use_it(control: InProcessControl) -> None:
    build(control, "secretive", requirements=["six"], curated=True)
    control.http.post("/api/v1/groups", json={"name": "quants"})
    shown = got(
        control, "PUT", "/names/secretive/access", {"restricted": True, "groups": ["quants"], "projects": ["default"]}
    )
    assert (shown["restricted"], shown["groups"], shown["projects"]) == (True, ["quants"], ["default"])
    assert ask(control, "PUT", "/names/secretive/access", {"restricted": True, "groups": ["no"]}).status_code == 404
    shown = got(control, "PUT", "/names/secretive/access", {"restricted": False})
    assert (shown["restricted"], shown["groups"]) == (False, [])


def test_an_export_is_a_file_that_the_host_makes(control: InProcessControl) -> None:
    build(control, "shipped", requirements=["six"])
    answer = ask(control, "GET", "/shipped/archive")
    assert answer.headers["content-disposition"] == 'attachment; filename="shipped-1.tar"'
    assert answer.text == "shipped:1" + hash_of(lock_of(["six"]))


def test_a_deleted_one_is_gone_and_its_numbers_stay_taken(control: InProcessControl) -> None:
    build(control, "short-lived", requirements=["x"])
    got(control, "DELETE", "/names/short-lived")
    assert ask(control, "GET", "/names/short-lived").status_code == 404
    assert ask(control, "GET", "/short-lived").status_code == 404
    assert build(control, "short-lived", requirements=["y"])[-1]["reference"] == "short-lived:2"
    assert ask(control, "DELETE", "/names/short-lived?version=7").status_code == 404
    got(control, "DELETE", "/names/short-lived?version=2")
    assert got(control, "GET", "/names/short-lived")["latest"] is None


def test_an_environment_that_nobody_names_or_uses_is_collected(control: InProcessControl) -> None:
    """Given an environment that only a name holds, when the name goes, then its folder goes with the next collection."""
    build(control, "leftover", requirements=["leftover"])
    hash = hash_of(lock_of(["leftover"]))
    control.deploy("passing")
    assert hash not in control.host.forgotten_environments
    got(control, "DELETE", "/names/leftover")
    control.deploy("passing")
    wait_until(lambda: hash in control.host.forgotten_environments)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "Bad Name", "requirements": ["six"]}, 422),
        ({"name": "names", "requirements": ["six"]}, 422),
        ({"name": "empty"}, 422),
        ({"name": "both", "requirements": ["six"], "lock": "lock-version = '1.0'"}, 422),
        ({"name": "two", "base": "first", "version": "iris"}, 422),
        ({"name": "lost", "base": "nothing"}, 404),
        ({"name": "lost", "version": "nothing:1"}, 404),
        ({"name": "lost", "requirements": ["six"], "project": "nothing"}, 404),
        ({"name": "odd", "base": "first", "requirements": ["six =< 2"]}, 422),
        ({"name": "first", "requirements": ["six"], "curated": True}, 409),
        ({"name": "both", "requirements": ["six"], "curated": True, "project": "default"}, 422),
    ],
)
def test_what_can_not_be_made_is_refused_at_once(control: InProcessControl, body: dict[str, Any], status: int) -> None:
    if ask(control, "GET", "/names/first").status_code == 404:
        build(control, "first", requirements=["numpy"])
    answer = ask(control, "POST", "/builds", body)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]


def test_a_running_build_is_cancelled(control: InProcessControl) -> None:
    control.host.gate = Event()
    try:
        begun = got(control, "POST", "/builds", {"name": "endless", "requirements": ["six"]})["id"]
        assert got(control, "POST", f"/builds/{begun}/cancel")["state"] in ("running", "failed")
        end = json.loads(ask(control, "GET", f"/builds/{begun}/events").text.splitlines()[-1])
    finally:
        control.host.gate.set()
        control.host.gate = None
    assert (end["state"], end["error"]["code"]) == ("failed", "cancelled")
    assert ask(control, "POST", f"/builds/{begun}/cancel").status_code == 409
