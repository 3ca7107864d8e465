"""Tags and properties through the API of control put together for real."""

import pytest

from tests.support.asgi import AppCaller
from tests.support.waiting import wait_until
from unshelf.server.wiring.control import Control

AT = "/api/v1/subjects/project/default"


def test_a_project_is_tagged_described_and_found(admin: AppCaller) -> None:
    assert admin("PUT", f"{AT}/tags/gold").json()["set_by"] == "admin"
    assert admin("PUT", f"{AT}/tags/gold").status_code == 200
    kept = admin("PUT", f"{AT}/properties/reviewed", json={"value": "2026-01-31", "type": "date"}).json()
    assert (kept["type"], kept["value"]) == ("date", "2026-01-31")
    assert admin("PUT", f"{AT}/properties/risk", json={"value": True}).json()["type"] == "boolean"
    shown = admin("GET", AT).json()
    assert (shown["title"], [each["tag"] for each in shown["tags"]]) == ("Default", ["gold"])
    assert [(each["name"], each["value"]) for each in shown["properties"]] == [
        ("reviewed", "2026-01-31"),
        ("risk", True),
    ]
    found = admin("GET", "/api/v1/subjects?tag=gold&property=risk=true&property=reviewed").json()
    assert [(each["kind"], each["name"]) for each in found["subjects"]] == [("project", "default")]
    assert admin("GET", "/api/v1/tags?prefix=go").json()["tags"] == [{"tag": "gold", "count": 1}]
    assert admin("DELETE", f"{AT}/tags/gold").status_code == 204
    assert admin("DELETE", f"{AT}/tags/gold").status_code == 404
    assert admin("GET", "/api/v1/subjects?tag=gold").json()["subjects"] == []
    events = admin("GET", "/api/v1/audit?subject=default&limit=4").json()["events"]
    actions = [event["action"] for event in events]
    assert actions == ["tag.removed", "property.set", "property.set", "tag.added"]


def test_bad_input_is_told_and_changes_nothing(admin: AppCaller) -> None:
    cases: list[tuple[str, str, object, int, str]] = [
        ("PUT", f"{AT}/tags/Gold", None, 422, "invalid_input"),
        ("PUT", "/api/v1/subjects/project/none/tags/gold", None, 404, "not_found"),
        ("PUT", "/api/v1/subjects/nothing/none/tags/gold", None, 404, "not_found"),
        ("PUT", f"{AT}/properties/x", {"value": None}, 422, "invalid_input"),
        ("PUT", f"{AT}/properties/x", {"value": [1]}, 422, "invalid_input"),
        ("PUT", f"{AT}/properties/x", {"value": "1", "type": "number"}, 422, "invalid_input"),
        ("PUT", f"{AT}/properties/x", {"value": 1, "size": 3}, 422, "invalid_input"),
        ("GET", "/api/v1/subjects?property=A", None, 422, "invalid_input"),
        ("GET", "/api/v1/subjects?tag=x&cursor=zzz", None, 422, "invalid_input"),
    ]
    for verb, path, body, status, code in cases:
        answer = admin(verb, path, **({} if body is None else {"json": body}))
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        assert answer.json()["detail"]
    assert admin("GET", AT).json()["tags"] == []


def test_a_key_for_another_model_gets_403_before_its_body_is_looked_at(control: Control, stranger: AppCaller) -> None:
    for verb, path in [
        ("GET", "model/iris"), ("PUT", "model/iris/tags/x"), ("PUT", "model/iris/properties/x"), ("GET", "version/iris:1"),
        ("DELETE", "model/iris/properties/x"), ("GET", "project/default"), ("GET", "alert/x"),
    ]:  # fmt: skip
        assert stranger(verb, f"/api/v1/subjects/{path}").status_code == 403, (verb, path)


@pytest.mark.long
def test_a_change_is_found_a_moment_later_and_a_rebuild_is_for_administrators(
    admin: AppCaller, stranger: AppCaller
) -> None:
    admin("PUT", f"{AT}/tags/findable")
    wait_until(lambda: admin("GET", "/api/v1/search?q=findab").json()["total"] == 1, what="the tag is found")
    found = admin("GET", "/api/v1/search?q=kind:project").json()
    assert [(each["kind"], each["name"], each["page"]) for each in found["results"]] == [
        ("project", "default", "/projects/default")
    ]
    assert found["facets"]["tag"] == [{"value": "findable", "count": 1}]
    assert stranger("GET", "/api/v1/search?q=findab").json()["total"] == 0
    assert admin("GET", "/api/v1/search?q=after:never").status_code == 422
    assert admin("GET", "/api/v1/search?cursor=x").status_code == 422
    assert admin("POST", "/api/v1/search/rebuild").json()["documents"] == 3  # the project and two keys
    assert stranger("POST", "/api/v1/search/rebuild").status_code == 403
