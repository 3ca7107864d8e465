"""Jobs of the demo: run once, whatever is there already."""

from typing import Any

from tests.support.control import Control
from unshelf.cli.demo.full.stage import Stage
from unshelf.cli.demo.full.work.jobs import TRAINING, fill

JOBS = "/api/v1/jobs"


def posted(control: Control, path: str) -> list[Any]:
    return [asked.json for asked in control.calls("POST", path)]


def test_what_is_missing_is_run_and_the_sweep_stands_on_the_training(control: Control, stage: Stage) -> None:
    control.reply("GET", JOBS, {"jobs": []})
    control.reply("POST", JOBS, {"ids": ["j1"]}, 202)
    control.reply("GET", f"{JOBS}/j1", {"id": "j1", "state": "succeeded"})
    control.reply("GET", f"{JOBS}/j1/events", None)
    for path, field in (("/api/v1/sweeps", "sweeps"), ("/api/v1/schedules", "schedules")):
        control.reply("GET", path, {field: [], "next_cursor": None})
        control.reply("POST", path, {"id": "x"}, 201)
    assert fill(stage) == "2 jobs, one of which failed, a sweep of 6 trials, a schedule"
    jobs = posted(control, JOBS)
    assert [(job["name"], job["tier"], job["environment"]) for job in jobs] == [
        ("Compare two quarters", "small", "science"), (TRAINING, "small", "science"),
    ]  # fmt: skip
    assert jobs[1]["inputs"] == [{"reference": "data://loan-applications", "variable": "UNSHELF_DATA_LOANS"}]
    (sweep,) = posted(control, "/api/v1/sweeps")
    assert (sweep["job"], sweep["objective"]) == ("j1", "auc")
    (schedule,) = posted(control, "/api/v1/schedules")
    assert (schedule["target"], schedule["time_zone"]) == ("j1", "Europe/Berlin")


def test_what_is_there_stays_as_it_is(control: Control, stage: Stage) -> None:
    names = ["Compare two quarters", TRAINING]
    control.reply("GET", JOBS, {"jobs": [{"id": f"j{place}", "name": name} for place, name in enumerate(names)]})
    control.reply("GET", "/api/v1/sweeps", {"sweeps": [{"name": "Trees and depth"}], "next_cursor": None})
    control.reply("GET", "/api/v1/schedules", {"schedules": [{"name": "weekly-training"}], "next_cursor": None})
    fill(stage)
    assert [asked for asked in control.asked if asked.method != "GET"] == []
