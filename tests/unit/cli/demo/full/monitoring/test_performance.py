"""The demo has a monitor of performance, which judges the past once labels are joined."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.control import Control
from unshelf.cli.demo.full.monitoring import performance
from unshelf.cli.demo.full.stage import Stage

AT = "/api/v1/models/credit-default/monitors"
MONITOR = {"name": "good-enough", "kind": "performance"}
SAID = "1 monitor: at least 75% of the answers of credit-default are right"


def labels(joined: int) -> dict[str, object]:
    return {"labels": 9, "joined": joined, "waiting": 9 - joined, "corrections": 0}


def result(measure: str, status: str = "ok") -> dict[str, object]:
    return {"status": status, "columns": [{"measure": measure, "value": 0.8}] if measure else []}


def test_a_monitor_that_is_there_is_left_as_it_is(stage: Stage, control: Control) -> None:
    control.reply("GET", f"{AT}/good-enough", MONITOR)
    assert performance.fill(stage) == SAID
    assert [(each.method, each.path) for each in control.asked] == [("GET", f"{AT}/good-enough")]


def test_the_past_is_judged_once_all_labels_are_joined(
    stage: Stage, control: Control, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(performance, "_LOOK_SECONDS", 0.0)
    stage.home = tmp_path
    today = datetime.now(UTC).isoformat()
    control.reply("GET", f"{AT}/good-enough", MONITOR)
    for joined in (4, 9):
        control.reply("GET", "/api/v1/labels/summary", labels(joined))
    came = {"judged": 3, "alarms": 0, "since": today, "reached": today, "done": True}
    control.reply("POST", f"{AT}/run", came)
    days = [result("estimated_accuracy"), result("accuracy"), result("accuracy"), result("", "not_judged")]
    for found in (days[:1], days):
        control.reply("GET", f"{AT}/good-enough/results", {"results": found, "next_cursor": None})
    assert performance.fill(stage) == f"{SAID}; 2 days judged by labels, 1 by estimates"
    assert [each.json["monitor"] for each in control.calls("POST", f"{AT}/run")] == ["good-enough", "good-enough"]
