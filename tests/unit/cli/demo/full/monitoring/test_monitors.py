"""The past of the demo's models is judged once it is counted."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.control import Control
from unshelf.cli.demo.full.monitoring import monitors
from unshelf.cli.demo.full.stage import Stage

AT = "/api/v1/models"
MODELS = ("credit-default", "next-offer", "diabetes-progression", "delivery-hours")


def test_a_platform_of_somebody_else_has_no_past(stage: Stage, control: Control) -> None:
    assert "no past" in monitors.fill(stage)
    assert control.asked == []


def test_windows_are_judged_again_until_yesterday_is_counted(
    stage: Stage, control: Control, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitors, "_LOOK_SECONDS", 0.0)
    stage.home = tmp_path
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    came = {"judged": 3, "alarms": 1, "since": yesterday, "reached": yesterday, "done": True}
    control.reply("GET", "/api/v1/alerts", {"alerts": [{"kind": "inputs_drifted"}], "next_cursor": None})
    for model in MODELS:
        latest = {"status": "ok", "since": yesterday}
        control.reply("PATCH", f"{AT}/{model}/monitors/volume", {})
        control.reply("POST", f"{AT}/{model}/monitors/run", came)
        if model == MODELS[0]:
            control.reply("GET", f"{AT}/{model}/monitors/inputs/results", {"results": [], "next_cursor": None})
        control.reply("GET", f"{AT}/{model}/monitors/inputs/results", {"results": [latest], "next_cursor": None})
    assert monitors.fill(stage) == "12 windows judged; alerts of diabetes-progression: inputs_drifted"
    runs = {model: control.calls("POST", f"{AT}/{model}/monitors/run") for model in MODELS}
    assert [[each.json["monitor"] for each in of] for of in runs.values()] == [
        ["inputs", "inputs", None], ["inputs", None], ["inputs", None], ["inputs", None]
    ]  # fmt: skip
    assert control.calls("PATCH", f"{AT}/next-offer/monitors/volume")[0].json == {"paused": True}
