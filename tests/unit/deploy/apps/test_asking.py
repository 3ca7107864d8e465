"""Asking: on the grant of who keeps the app, with the purpose `try`, recorded with who asked."""

import dataclasses
from typing import Any

import msgspec
import pytest

from tests.unit.deploy.apps.conftest import MAKER, person, wanted
from unshelf.contracts.errors import Conflict, InvalidInput
from unshelf.contracts.permissions import Permission
from unshelf.contracts.protocols.door import DoorOutcome, DoorRequest
from unshelf.deploy.apps.app import AppInForce
from unshelf.deploy.apps.asking import AppAnswered, AppAsking
from unshelf.deploy.apps.service import AppService
from unshelf.deploy.trying.turns import TryTurns
from unshelf.foundation.access.actors import Actor

ANA = person("ana", *MAKER)
ANSWER = {"text": "About {prediction:.0f} € for {input.size} m²"}


class Door:
    """Answers as a gateway, and keeps what was asked."""

    def __init__(self, status: int = 200, outputs: Any = (1234.5,)) -> None:
        self.asked: list[DoorRequest] = []
        self._outcome = DoorOutcome(id="p", status=status, body=msgspec.json.encode({"outputs": outputs}))

    def predict(self, request: DoorRequest) -> DoorOutcome:
        self.asked.append(request)
        return self._outcome


def found(apps: AppService, **more: Any) -> AppInForce:
    apps.save(ANA, "worth", wanted(answer=ANSWER, **more))
    return apps.find(ANA, "worth")


def test_it_asks_with_the_purpose_try_and_the_name_of_who_asks(apps: AppService) -> None:
    door = Door()
    asking = AppAsking(current=lambda _owner: ANA, predict=door.predict, turns=TryTurns())
    answered = asking.ask(found(apps), {"size": 90}, who="u", label="uma")
    assert isinstance(answered, AppAnswered)
    assert (answered.id, answered.said.text, answered.output) == ("p", "About 1234 € for 90 m²", 1234.5)
    [request] = door.asked
    assert (request.actor, request.purpose, request.reference) == ("uma via app worth", "try", "priced")
    assert msgspec.json.decode(request.body) == {"inputs": [{"size": 90}]}


def test_it_stops_when_who_keeps_it_may_not_call_the_model(apps: AppService) -> None:
    door = Door()
    for owner in (None, person("ana", Permission.APPS_MANAGE)):
        asking = AppAsking(current=lambda _owner, now=owner: now, predict=door.predict, turns=TryTurns())
        with pytest.raises(Conflict, match="does not work at the moment"):
            asking.ask(found(apps), {}, who="u", label="uma")
    assert door.asked == []


def test_inputs_that_it_does_not_ask_for_never_reach_the_model(apps: AppService) -> None:
    door = Door()
    asking = AppAsking(current=lambda _owner: ANA, predict=door.predict, turns=TryTurns())
    with pytest.raises(InvalidInput):
        asking.ask(found(apps), {"other": 1}, who="u", label="uma")
    assert door.asked == []


def test_a_problem_of_the_model_is_passed_on_and_an_answer_may_stay_hidden(apps: AppService) -> None:
    asking = AppAsking(current=lambda _owner: ANA, predict=Door(status=422).predict, turns=TryTurns())
    assert isinstance(asking.ask(found(apps), {}, who="u", label="uma"), DoorOutcome)
    app = found(apps)
    hiding = app.definition.model_copy(update={"answer": app.definition.answer.model_copy(update={"show": False})})
    asking = AppAsking(current=lambda _owner: ANA, predict=Door().predict, turns=TryTurns())
    answered = asking.ask(dataclasses.replace(app, definition=hiding), {}, who="u", label="uma")
    assert isinstance(answered, AppAnswered)
    assert answered.output is None


def test_a_preview_asks_on_the_makers_own_grant(apps: AppService) -> None:
    door = Door()
    asking = AppAsking(current=lambda _owner: None, predict=door.predict, turns=TryTurns())
    asking.preview(Actor(id="b", kind="user", label="ben"), apps.fill(ANA, wanted(params={})), {})
    assert door.asked[0].actor == "ben"
