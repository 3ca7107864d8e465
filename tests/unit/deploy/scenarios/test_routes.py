"""Scenarios over HTTP."""

from collections.abc import Callable

import httpx
import pytest

from tests.support.asgi import caller_of
from tests.support.deploying import ANA
from unshelf.deploy.scenarios.routes import router
from unshelf.deploy.scenarios.service import ScenarioService
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore

Call = Callable[..., httpx.Response]

PATH = "/models/priced/scenarios"


@pytest.fixture
def call(database: Database) -> Call:
    scenarios = ScenarioService(database, EventStore(database), lambda _session, name: name == "priced")
    return caller_of(ANA, router(scenarios))


def test_a_scenario_is_saved_shown_changed_and_deleted(call: Call) -> None:
    saved = call("POST", PATH, json={"name": "A flat", "inputs": [1.0]})
    assert (saved.status_code, saved.json()["inputs"], saved.json()["shared"]) == (201, [1.0], False)
    one = f"{PATH}/{saved.json()['id']}"
    assert call("PATCH", one, json={"shared": True}).json()["shared"] is True
    assert call("GET", PATH).json() == {"scenarios": [call("GET", one).json()], "next_cursor": None}
    assert call("DELETE", one).status_code == 204
    assert call("GET", one).status_code == 404


@pytest.mark.parametrize(
    "body", [{}, {"name": " ", "inputs": []}, {"name": "n", "inputs": "x"}, {"name": "n", "inputs": {}, "owner": "x"}]
)
def test_what_is_no_scenario_is_refused(call: Call, body: dict[str, object]) -> None:
    assert call("POST", PATH, json=body).status_code == 422
    assert call("POST", "/models/absent/scenarios", json={"name": "n", "inputs": []}).status_code == 404
