"""Everything that there is is a subject: found, tagged, commented on and watched by those who may see it, and by nobody else."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.accounts import Browser, Call, joined, logged_in
from tests.support.asgi import AppCaller
from tests.support.in_process import InProcessControl, in_process_control
from tests.support.waiting import wait_until
from unshelf.server.wiring.control import Control


@dataclass
class Installation:
    """A project of olga's with one thing of each kind, and zoe, who asks for access to it."""

    admin: Call
    olga: Browser
    zoe: Browser


@pytest.fixture
def there(control: Control, admin: AppCaller, nobody: AppCaller) -> Installation:
    for name in ("olga", "zoe"):
        joined(admin, nobody, name)
    olga, zoe = logged_in(control.app, "olga"), logged_in(control.app, "zoe")
    made = [
        olga("POST", "/api/v1/projects", json={"name": "credit", "title": "Credit risk"}),
        olga("POST", "/api/v1/projects/credit/goals", json={"title": "Fewer defaults", "metric": "auc", "target": 0.8}),
        olga("POST", "/api/v1/keys", json={"name": "batch", "role": "caller", "project": "credit"}),
        admin("POST", "/api/v1/groups", json={"name": "risk-people", "description": "Who looks after risk."}),
        admin("POST", "/api/v1/projects/credit/members", json={"kind": "user", "name": "zoe", "role": "viewer"}),
        zoe(
            "POST",
            "/api/v1/requests",
            json={"kind": "access", "project": "credit", "wanted": {"role": "contributor"}, "reason": "to deploy"},
        ),
    ]
    assert [answer.status_code for answer in made] == [201] * 6, [answer.text for answer in made]
    return Installation(admin, olga, zoe)


def found(who: Call, text: str) -> list[tuple[str, str]]:
    answer = who("GET", "/api/v1/search", params={"q": text, "limit": 100})
    assert answer.status_code == 200, answer.text
    return [(hit["kind"], hit["title"]) for hit in answer.json()["results"]]


def test_each_kind_is_found_by_those_who_may_see_it_alone(there: Installation) -> None:
    wait_until(lambda: found(there.admin, "kind:request"), what="all is indexed")
    request = ("request", "Request for access to credit")
    assert set(found(there.olga, "")) == {
        ("project", "Credit risk"), ("goal", "Fewer defaults"), ("key", "batch"), ("user", "olga"), ("user", "zoe"),
        ("group", "risk-people"), request,
    }  # fmt: skip
    # A viewer sees the project and its goals, and their own request: neither keys nor people.
    assert set(found(there.zoe, "")) == {("project", "Credit risk"), ("goal", "Fewer defaults"), request}
    assert found(there.zoe, "to deploy") == [request]
    assert ("project", "Default") in found(there.admin, "kind:project")
    assert found(there.olga, "kind:user example") == []


@pytest.mark.long
def test_each_is_tagged_commented_on_and_watched(there: Installation) -> None:
    wait_until(lambda: found(there.admin, "kind:request"), what="all is indexed")
    hits = there.admin("GET", "/api/v1/search?q=&limit=100").json()["results"]
    assert {hit["kind"] for hit in hits} >= {"project", "goal", "key", "user", "group", "request"}
    for hit in hits:
        at = f"/api/v1/subjects/{hit['kind']}/{hit['name']}"
        assert there.admin("PUT", f"{at}/tags/gold").status_code == 200, at
        assert there.admin("POST", f"{at}/comments", json={"text": "Look."}).status_code == 201, at
        assert there.admin("PUT", f"{at}/watch", json={}).status_code == 200, at
        assert there.admin("GET", f"{at}/activity").status_code == 200, at
    tagged = there.admin("GET", "/api/v1/subjects?tag=gold&limit=100").json()["subjects"]
    assert {(each["kind"], each["name"]) for each in tagged} == {(hit["kind"], hit["name"]) for hit in hits}
    for kind in ("user", "group", "key"):
        name = next(hit["name"] for hit in hits if hit["kind"] == kind)
        assert there.zoe("GET", f"/api/v1/subjects/{kind}/{name}").status_code == 404
    mine = next(hit["name"] for hit in hits if hit["kind"] == "request")
    assert there.zoe("GET", f"/api/v1/subjects/request/{mine}").status_code == 200


@pytest.mark.long
def test_a_group_of_a_removed_one_s_name_begins_without_its_tags(there: Installation) -> None:
    assert there.admin("PUT", "/api/v1/subjects/group/risk-people/tags/gold").status_code == 200
    assert there.admin("DELETE", "/api/v1/groups/risk-people").status_code == 204
    assert there.admin("POST", "/api/v1/groups", json={"name": "risk-people"}).status_code == 201
    assert there.admin("GET", "/api/v1/subjects/group/risk-people").json()["tags"] == []


@pytest.fixture
def deploying(tmp_path: Path) -> Iterator[InProcessControl]:
    with in_process_control(tmp_path) as running:
        yield running


@pytest.mark.long
def test_deploys_are_found_by_how_they_ended(deploying: InProcessControl) -> None:
    deploying.deploy("iris", b"1")
    get = deploying.http.get
    wait_until(lambda: get("/api/v1/search", params={"q": "kind:deploy done"}).json()["total"], what="it is found")
    (hit,) = get("/api/v1/search", params={"q": "kind:deploy iris"}).json()["results"]
    assert (hit["title"], hit["model"], hit["page"]) == ("Deploy of iris:1", "iris", f"/deploys/{hit['name']}")
