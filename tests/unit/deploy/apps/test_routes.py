"""Apps over HTTP: made, used, and gone back with; nothing that an app hides reaches those who use it."""

from collections.abc import Callable

import httpx
import msgspec
import pytest

from tests.support.asgi import caller_of
from tests.unit.deploy.apps.conftest import MAKER, person
from unshelf.contracts.permissions import Permission
from unshelf.contracts.protocols.door import DoorOutcome, DoorRequest
from unshelf.deploy.apps.asking import AppAsking
from unshelf.deploy.apps.routes import router
from unshelf.deploy.apps.service import AppService
from unshelf.deploy.trying.turns import TryTurns
from unshelf.foundation.access.actors import Actor

Call = Callable[..., httpx.Response]

ANA, USER = person("ana", *MAKER), person("uma", Permission.APPS_USE)
HIDDEN = -91.4375  # a number that no time of an answer contains
WANTED = {
    "model": "priced", "title": "Worth <b>", "hidden": {"size": HIDDEN}, "inputs": [],
    "answer": {"text": "{prediction:.0f} €", "show": False},
}  # fmt: skip


def calls(apps: AppService, actor: Actor, outcome: DoorOutcome) -> Call:
    def predict(request: DoorRequest) -> DoorOutcome:
        assert msgspec.json.decode(request.body)["inputs"] == [{"size": HIDDEN}]
        return outcome

    asking = AppAsking(current=lambda _owner: ANA, predict=predict, turns=TryTurns())
    return caller_of(actor, router(apps, asking))


ANSWERED = DoorOutcome(id="p", status=200, body=b'{"outputs":[1234.5]}')


def test_an_app_is_made_used_and_gone_back_with(apps: AppService) -> None:
    make, use = calls(apps, ANA, ANSWERED), calls(apps, USER, ANSWERED)
    made = make("PUT", "/apps/worth", json=WANTED)
    assert (made.status_code, made.json()["new"]) == (201, True)
    assert make("PUT", "/apps/worth", json={**WANTED, "title": "Other"}).status_code == 200
    assert make("POST", "/apps/worth/restore", json={"version": 1}).json()["version"] == 3
    listed = make("GET", "/apps/worth/versions").json()["versions"]
    assert [each["restored"] for each in listed] == [1, None, None]

    shown = use("GET", "/apps/worth")
    assert shown.json()["form"] == {"name": "worth", "title": "Worth <b>", "text": "", "inputs": []}
    assert str(HIDDEN) not in shown.text
    answer = use("POST", "/apps/worth/ask", json={"inputs": {}}).json()
    assert answer == {"id": "p", "text": "1234 €", "words": "", "tone": "unknown", "output": None}
    assert use("POST", "/apps/worth/ask", json={"inputs": {"size": 1}}).status_code == 422
    assert use("PUT", "/apps/worth", json=WANTED).status_code == 404  # of a model that they may not see
    assert make("DELETE", "/apps/worth").status_code == 204
    assert use("GET", "/apps").json() == {"apps": [], "next_cursor": None}


@pytest.mark.parametrize("status", [422, 503])
def test_a_problem_of_the_model_is_answered_as_it_is(apps: AppService, status: int) -> None:
    refused = DoorOutcome(
        id="p", status=status, body=b'{"code":"x"}', headers=(("Retry-After", "3"), ("x-secret", "s"))
    )
    make = calls(apps, ANA, refused)
    make("PUT", "/apps/worth", json=WANTED)
    for answer in (
        make("POST", "/apps/worth/ask", json={}),
        make("POST", "/app-drafts", json={"definition": WANTED, "inputs": {}}),
    ):
        assert (answer.status_code, answer.json(), answer.headers["retry-after"]) == (status, {"code": "x"}, "3")
        assert "x-secret" not in answer.headers


def test_a_draft_is_filled_in_and_answers_and_nothing_is_kept(apps: AppService) -> None:
    make = calls(apps, ANA, ANSWERED)
    draft = make("POST", "/app-drafts", json={"definition": {"model": "priced", "title": "t"}}).json()
    assert [each["default"] for each in draft["form"]["inputs"]] == [80.0]
    assert draft["reply"] is None
    asked = make("POST", "/app-drafts", json={"definition": WANTED, "inputs": {}}).json()
    assert asked["reply"]["text"] == "1234 €"
    assert make("GET", "/apps").json()["apps"] == []
