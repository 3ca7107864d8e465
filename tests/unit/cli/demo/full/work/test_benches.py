"""The demo's bench: once, and after the other jobs."""

from tests.support.control import Control
from unshelf.cli.demo.full.stage import Stage
from unshelf.cli.demo.full.work.benches import fill

BENCHES = "/api/v1/benches"


def test_it_waits_for_other_jobs_and_measures_on_tiers_that_may_be_used(control: Control, stage: Stage) -> None:
    control.reply("GET", BENCHES, {"benches": [], "next_cursor": None})
    for state in ("running", "done"):
        control.reply("GET", "/api/v1/sweeps", {"sweeps": [{"state": state}], "next_cursor": None})
    control.reply("GET", "/api/v1/pipeline-runs", {"runs": []})
    for state in ("running", "succeeded"):
        control.reply("GET", "/api/v1/jobs", {"jobs": [{"state": state}]})
    tiers = [{"name": name, "may_use": name != "medium"} for name in ("small", "medium", "large")]
    control.reply("GET", "/api/v1/tiers", {"tiers": tiers})
    control.reply("POST", BENCHES, {"id": "b1", "state": "waiting"}, 202)
    control.reply("GET", f"{BENCHES}/b1", {"id": "b1", "state": "succeeded"})
    assert fill(stage) == "1 bench of a version"
    assert len(control.calls("GET", "/api/v1/jobs")) == 2
    assert control.calls("POST", BENCHES)[0].json["tiers"] == ["small"]


def test_a_version_that_was_measured_is_left_alone(control: Control, stage: Stage) -> None:
    control.reply("GET", BENCHES, {"benches": [{"id": "b1"}], "next_cursor": None})
    fill(stage)
    assert [asked for asked in control.asked if asked.method != "GET"] == []
