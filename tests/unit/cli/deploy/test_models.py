"""Commands on models: list, show, aliases, removal."""

import json

from tests.support.control import Control
from tests.support.registry_answers import DETAIL, MODEL
from tests.unit.cli.conftest import Run


def test_models_for_people_and_for_programs(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/models", {"models": [MODEL]})
    assert "champion → 1" in run("models").out
    assert json.loads(run("models", "--json").out) == {"models": [MODEL]}


def test_an_empty_shelf_says_what_to_do(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/models", {"models": []})
    assert "unshelf deploy PATH" in run("models").out


def test_show_tells_how_to_call_it(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/models/iris:1", DETAIL)
    said = run("show", "iris:1").out
    assert "sklearn, skops" in said
    assert "may be missing" in said
    assert f"{control.url}/models/iris:1/predict" in said
    assert """'{"inputs":[{"size":0.0,"kind":"a"}]}'""" in said
    assert json.loads(run("show", "iris:1", "--json").out) == DETAIL


def test_show_tells_what_a_maker_states_of_the_columns(control: Control, run: Run) -> None:
    columns = [
        {"name": "rooms", "type": "int64", "default": 3},
        {"name": "city", "type": "string", "categories": ["Gent", "Lille"], "unseen": True},
    ]
    signature = {"inputs": {"kind": "columns", "columns": columns, "container": "dicts"}}
    control.reply("GET", "/api/v1/models/iris:1", DETAIL | {"version": DETAIL["version"] | {"signature": signature}})
    said = run("show", "iris:1").out
    assert "3 where left out" in said
    assert "categories Gent, Lille, and others" in said
    assert """'{"inputs":[{"city":"Gent"}]}'""" in said


def test_show_has_the_notes_and_warnings_of_the_deploy(control: Control, run: Run) -> None:
    version = DETAIL["version"] | {
        "notes": ["It is a pickle."],
        "checks": DETAIL["version"]["checks"] | {"warnings": ["while loading the model: UserWarning: old"]},
    }
    control.reply("GET", "/api/v1/models/iris:1", DETAIL | {"version": version})
    said = run("show", "iris:1").out
    assert "It is a pickle." in said
    assert "UserWarning: old" in said


def test_aliases_come_and_go(control: Control, run: Run) -> None:
    control.reply("PUT", "/api/v1/models/iris/aliases/champion", {})
    control.reply("DELETE", "/api/v1/models/iris/aliases/champion", None, 204)
    assert run("alias", "iris", "champion", "2").code == 0
    assert control.asked[0].json == {"version": 2}
    assert run("alias", "iris", "champion", "--remove").code == 0
    assert run("alias", "iris", "champion").code == 2


def test_nothing_is_removed_unasked(control: Control, run: Run) -> None:
    control.reply("DELETE", "/api/v1/models/iris:1", None, 204)
    refused = run("remove", "iris:1")
    assert refused.code == 1
    assert "--yes" in refused.err
    assert control.asked == []
    assert run("remove", "iris:1", "--yes").code == 0
