"""Releases and pauses on the command line."""

import json

from tests.support.control import Control
from tests.support.registry_answers import DETAIL
from tests.unit.cli.conftest import Run


def test_releases_and_pauses(control: Control, run: Run) -> None:
    control.reply("PUT", "/api/v1/models/iris/release", {})
    control.reply("POST", "/api/v1/models/iris/rollback", {})
    control.reply("POST", "/api/v1/models/iris:2/pause", None, 204)
    control.reply("POST", "/api/v1/models/iris:2/resume", None, 204)
    control.reply("GET", "/api/v1/models/iris", DETAIL)
    assert run("release", "iris", "2", "--percent", "10").code == 0
    assert control.asked[0].json == {"version": 2, "percent": 10.0}
    assert "iris:1 gets 100 %" in run("rollback", "iris").out
    assert json.loads(run("pause", "iris:2", "--json").out) == {"reference": "iris:2", "paused": True}
    assert "serving again" in run("resume", "iris:2").out


def test_a_change_that_is_not_in_force_yet_says_so_on_standard_error(control: Control, run: Run) -> None:
    control.reply("POST", "/api/v1/models/iris/pause", None, 204, X_Publication="pending")
    control.reply("POST", "/api/v1/models/iris/resume", None, 204)

    late = run("pause", "iris", "--json")
    assert late.code == 0
    assert json.loads(late.out) == {"reference": "iris", "paused": True}
    assert late.err.startswith("The change is stored, but the server can't publish it to its gateways yet;")
    assert run("resume", "iris").err == ""
