"""Models, versions and aliases over the API: what is shown, what may be removed, and what goes with it."""

import pytest

from tests.support.in_process import InProcessControl
from tests.support.stand_in_host import prepared_for
from unshelf.contracts.protocols.host import Replica
from unshelf.contracts.routing import RequestLimits


def test_the_list_shows_each_model_with_its_versions(control: InProcessControl) -> None:
    control.deploy("iris", alias="champion")
    control.deploy("iris", b"second")
    control.deploy("wine", release=False)
    iris, wine = control.http.get("/api/v1/models").json()["models"]
    assert (iris["name"], iris["versions"], iris["latest"], iris["aliases"]) == ("iris", [1, 2], 2, {"champion": 1})
    assert iris["release"] == [{"version": 1, "percent": 100.0}]
    assert (wine["name"], wine["release"], wine["paused"]) == ("wine", [], False)
    status = control.http.get("/api/v1/status").json()
    assert (status["models"], status["versions"]) == (2, 3)


def test_a_reference_shows_the_version_it_names(control: InProcessControl) -> None:
    """Given three versions, the second live, then the name shows the second, and a number or an alias what it says."""
    for content in (b"1", b"2", b"3"):
        control.deploy("iris", content)
    control.http.put("/api/v1/models/iris/release", json={"version": 2}).raise_for_status()
    control.http.put("/api/v1/models/iris/aliases/old", json={"version": 1}).raise_for_status()
    assert [control.show(ref)["version"]["version"] for ref in ("iris", "iris:3", "iris@old")] == [2, 3, 1]
    assert [one["live_percent"] for one in control.show("iris")["versions"]] == [0.0, 100.0, 0.0]


def test_a_name_shows_the_live_version_with_the_greatest_share(control: InProcessControl) -> None:
    """Given two live versions, then the name shows the one with more traffic, and of equal ones the higher number."""
    control.deploy("iris")
    control.deploy("iris", b"2")
    for percent, shown in [(25, 1), (50, 2), (75, 2)]:
        control.http.put("/api/v1/models/iris/release", json={"version": 2, "percent": percent}).raise_for_status()
        assert control.show("iris")["version"]["version"] == shown, percent


def test_a_list_of_models_goes_on_where_the_page_before_ended(control: InProcessControl) -> None:
    for name in ("ash", "beech", "cedar"):
        control.deploy(name, alias="champion")
    whole = control.http.get("/api/v1/models").json()
    first = control.http.get("/api/v1/models", params={"limit": 2}).json()
    rest = control.http.get("/api/v1/models", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [model["name"] for model in first["models"]] == ["ash", "beech"]
    assert (first["models"] + rest["models"], rest["next_cursor"]) == (whole["models"], None)
    assert control.http.get("/api/v1/models", params={"cursor": "iris"}).status_code == 422


def test_a_name_without_a_release_shows_the_latest(control: InProcessControl) -> None:
    control.deploy("iris", release=False)
    control.deploy("iris", b"2", release=False)
    assert control.show("iris")["version"]["version"] == 2


@pytest.mark.long
def test_the_workers_of_a_version_are_shown_with_it(control: InProcessControl) -> None:
    control.deploy("iris")
    mine = Replica(
        model="iris", version=1, pid=7, address="w7.sock", state="serving", memory_bytes=1, started_at=1.0,
        last_used_at=2.0, requests=3,
    )  # fmt: skip
    control.host.replicas = [
        mine,
        Replica(**{**{name: getattr(mine, name) for name in mine.__struct_fields__}, "version": 2}),
    ]
    replicas = control.show("iris")["version"]["replicas"]
    assert [(one["pid"], one["version"], one["requests"]) for one in replicas] == [(7, 1, 3)]


@pytest.mark.long
def test_what_is_not_there_is_not_found(control: InProcessControl) -> None:
    control.deploy("iris")
    for reference in ("nothing", "iris:9", "iris@nobody", "iris:0", "..", "Iris", "iris:1:2"):
        answer = control.http.get(f"/api/v1/models/{reference}")
        assert answer.status_code == 404, f"{reference}: {answer.text}"


@pytest.mark.long
def test_removing_a_model_frees_all_that_is_its_own_and_nothing_else(control: InProcessControl) -> None:
    """Given two models that share a file and an environment, when one is removed, then what both need stays."""
    control.deploy("iris", b"shared", b"only iris", requirements=("numpy",))
    control.deploy("iris", b"iris 2", requirements=("torch",))
    control.deploy("wine", b"shared", b"only wine", requirements=("numpy",))
    of_wine = {file["sha256"] for file in control.show("wine")["version"]["files"]}
    torch = control.show("iris:2")["version"]["environment"]

    assert control.http.delete("/api/v1/models/iris").status_code == 204
    assert control.blobs() == of_wine
    assert len(control.host.forgotten_bundles) == 2
    assert control.host.forgotten_environments == [torch]
    assert sorted(control.table().models) == ["wine"]
    environments = control.http.get("/api/v1/environments").json()["environments"]
    assert [one["versions"] for one in environments] == [["wine:1"]]
    assert ("model.removed", "iris") in control.audit()
    assert control.http.delete("/api/v1/models/iris").status_code == 404


@pytest.mark.long
def test_numbers_are_never_given_again(control: InProcessControl) -> None:
    """Given a model that was removed, when its name is used again, then the numbers go on, and the first is live as of any new model."""
    control.deploy("iris")
    control.deploy("iris", b"2")
    control.http.delete("/api/v1/models/iris").raise_for_status()
    end = control.deploy("iris", b"3")
    assert (end["version"], end["live"]) == (3, True)
    control.deploy("iris", b"4")
    control.http.delete("/api/v1/models/iris:4").raise_for_status()
    assert control.deploy("iris", b"5")["version"] == 5
    assert control.show("iris")["aliases"] == {}


@pytest.mark.long
def test_a_live_version_is_removed_only_with_its_model(control: InProcessControl) -> None:
    control.deploy("iris")
    control.deploy("iris", b"2", alias="next")
    refused = control.http.delete("/api/v1/models/iris:1")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert control.http.delete("/api/v1/models/iris:2").status_code == 204
    assert control.table().models["iris"].aliases == {}
    assert control.http.delete("/api/v1/models/iris:1").status_code == 204
    assert control.table().models == {}


@pytest.mark.long
def test_an_alias_is_no_version_to_remove(control: InProcessControl) -> None:
    control.deploy("iris", alias="champion")
    assert control.http.delete("/api/v1/models/iris@champion").status_code == 422
    assert control.show("iris:1")["aliases"] == {"champion": 1}


@pytest.mark.long
def test_an_alias_moves_and_goes(control: InProcessControl) -> None:
    control.deploy("iris", alias="champion")
    control.deploy("iris", b"2")
    url = "/api/v1/models/iris/aliases/champion"
    assert control.http.put(url, json={"version": 2}).json() == {"aliases": {"champion": 2}}
    assert control.table().models["iris"].aliases == {"champion": 2}
    assert control.http.put(url, json={"version": 9}).status_code == 404
    assert control.http.put("/api/v1/models/iris/aliases/a b", json={"version": 1}).status_code == 422
    assert control.http.delete(url).status_code == 204
    assert control.http.delete(url).status_code == 404
    assert control.table().models["iris"].aliases == {}


@pytest.mark.long
def test_an_environment_says_who_uses_it_and_gives_its_lock(control: InProcessControl) -> None:
    control.deploy("iris")
    control.deploy("iris", b"2")
    (environment,) = control.http.get("/api/v1/environments").json()["environments"]
    assert (environment["python"], environment["packages"], environment["versions"]) == (
        "3.11.7",
        1,
        ["iris:1", "iris:2"],
    )
    lock = control.http.get(f"/api/v1/environments/{environment['hash']}/lock")
    assert lock.headers["content-type"].startswith("text/plain")
    assert lock.text == prepared_for(control.host.prepared[0])["lock"]


@pytest.mark.long
def test_limits_are_set_shown_published_and_taken_away(control: InProcessControl) -> None:
    control.deploy("iris", limits={"rate": 5})
    assert control.show("iris")["limits"] == {"rate": 5.0, "burst": None, "concurrency": None}

    path = "/api/v1/models/iris/limits"
    assert control.http.put(path, json={"rate": 100, "burst": 20, "concurrency": 8}).status_code == 200
    assert control.table().models["iris"].limits == RequestLimits(rate=100.0, burst=20, concurrency=8)
    control.deploy("iris", b"2")
    assert control.show("iris")["limits"] == {"rate": 100.0, "burst": 20, "concurrency": 8}

    assert [control.http.delete(path).status_code for _ in range(2)] == [204, 204]
    assert control.table().models["iris"].limits is None
    assert control.http.put("/api/v1/models/rose/limits", json={"rate": 1}).status_code == 404
    assert control.http.put(path, json={"burst": 1}).status_code == 422
    assert control.audit().count(("model.limited", "iris")) == 4
