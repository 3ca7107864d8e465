"""Keys on the command line: made, limited, shown once."""

import json

from tests.support.control import Control
from tests.unit.cli.conftest import Run


def test_a_key_is_made_with_its_limits_and_shown_once(control: Control, run: Run) -> None:
    made = {
        "id": "k1",
        "name": "desk",
        "role": "predict",
        "models": ["iris"],
        "expires_at": "2026-05-01T00:00:00Z",
        "token": "unshelf_x",
    }
    control.reply("POST", "/api/v1/keys", made, 201)
    assert "unshelf_x" in run("keys", "create", "desk", "--model", "iris", "--expires", "90d").out
    asked = {"name": "desk", "role": "predict", "models": ["iris"], "expires_in_seconds": 7_776_000.0}
    assert control.asked[0].json == asked
    assert json.loads(run("keys", "create", "desk", "--json").out) == made
    assert run("keys", "create", "desk", "--expires", "soon").code == 2


def test_who_may_make_keys_of_a_project_alone_hears_how(control: Control, run: Run) -> None:
    control.problem("POST", "/api/v1/keys", 403, "forbidden", "'bob' does not have keys.manage for the installation.")
    assert "--project NAME" in run("keys", "create", "desk").err
    assert "--project NAME" not in run("keys", "create", "desk", "--project", "credit").err


def test_a_key_may_be_limited(control: Control, run: Run) -> None:
    control.reply(
        "POST", "/api/v1/keys", {"id": "k", "token": "t", "role": "predict", "models": None, "expires_at": None}
    )

    assert "at most 50 a second" in run("keys", "create", "job", "--rate", "50").out
    assert control.calls("POST", "/api/v1/keys")[0].json["limits"] == {"rate": 50.0}
