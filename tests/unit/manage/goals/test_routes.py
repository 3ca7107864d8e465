"""Goals over HTTP."""

import pytest

from tests.support.actors import actor
from tests.support.asgi import caller_of
from unshelf.manage.goals.routes import router
from unshelf.manage.goals.service import GoalService

ROOT = actor("admin", id="admin", name="admin")
PATH = "/projects/credit/goals"


def test_a_goal_goes_from_its_setting_to_its_end(goals: GoalService) -> None:
    goals.add_tie_kind("version", lambda _session, _actor, name: name, lambda *_tie: True)
    call = caller_of(ROOT, router(goals))
    body = {
        "title": "Fewer missed defaults", "owner": "ana", "due": "2099-01-31", "metric": "recall", "target": 0.9,
        "worth": "€ 200,000 a year",
    }  # fmt: skip
    made = call("POST", PATH, json=body)
    assert made.status_code == 201
    goal = made.json()
    assert {field: goal[field] for field in body} == body
    one = f"{PATH}/{goal['id']}"
    assert call("POST", f"{one}/ties", json={"kind": "version", "name": "score:3"}).json()["missing"] == ["value"]
    assert call("POST", f"{one}/values", json={"value": 0.95, "source": "test"}).json()["missing"] == []
    assert [each["value"] for each in call("GET", f"{one}/values").json()["values"]] == [0.95]
    untied = call("DELETE", f"{one}/ties", params={"kind": "version", "name": "score:3"})
    assert untied.json()["ties"] == []
    assert call("PATCH", one, json={"closed": True, "direction": "at_most"}).json()["missing"] == ["tie", "reached"]
    assert call("GET", PATH).json()["goals"] == []
    assert [each["id"] for each in call("GET", f"{PATH}?closed=true").json()["goals"]] == [goal["id"]]
    assert call("GET", one).json()["closed_at"] is not None


@pytest.mark.parametrize(
    "body",
    [{}, {"title": ""}, {"title": "x", "due": "soon"}, {"title": "x", "direction": "up"}, {"title": "x", "y": 1}],
)
def test_a_goal_that_can_not_be_is_refused(goals: GoalService, body: object) -> None:
    call = caller_of(ROOT, router(goals))
    assert call("POST", PATH, json=body).status_code == 422
    assert call("GET", f"{PATH}/none").status_code == 404
