"""Schedules on the command line."""

from typing import Any

from tests.support.control import Control
from tests.unit.cli.conftest import Run

API = "/api/v1/schedules"
SCHEDULE: dict[str, Any] = {
    "id": "01s", "name": "nightly", "project": "risk", "kind": "job", "target": "01j", "cron": "@daily", "time_zone": "UTC",
    "catch_up": "latest", "state": "active", "paused_because": "", "next_at": "2026-05-02T00:00:00Z", "last": None,
    "created_at": "2026-05-01T12:00:00Z", "created_by": "ana", "runs_as": "ana",
}  # fmt: skip


def test_schedules_are_listed_with_what_each_did_last(control: Control, run: Run) -> None:
    refused = {
        "due_at": "2026-05-01T00:00:00Z",
        "at": "2026-05-01T00:00:00Z",
        "started": None,
        "error": "The quota is used up.",
    }
    control.reply("GET", API, {"schedules": [SCHEDULE | {"last": refused}], "next_cursor": None})
    out = run("schedules").out
    assert "nightly" in out and "The quota" in out


def test_a_schedule_is_set_shown_by_its_name_and_paused(control: Control, run: Run) -> None:
    control.reply("POST", API, SCHEDULE, 201)
    control.reply("GET", API, {"schedules": [SCHEDULE], "next_cursor": None})
    control.reply("GET", f"{API}/01s/starts", {"starts": [], "next_cursor": None})
    control.reply("PATCH", f"{API}/01s", SCHEDULE | {"state": "paused", "next_at": None})
    assert "01s" in run("schedules", "set", "nightly", "--job", "01j", "--cron", "@daily").out
    assert control.asked[-1].json["catch_up"] == "latest"
    assert "runs as" in run("schedules", "show", "nightly").out
    assert "is paused" in run("schedules", "pause", "nightly").out
    assert control.asked[-1].json == {"state": "paused"}


def test_of_two_schedules_with_one_name_neither_is_guessed(control: Control, run: Run) -> None:
    control.reply("GET", API, {"schedules": [SCHEDULE, SCHEDULE | {"id": "02s"}], "next_cursor": None})
    failed = run("schedules", "delete", "nightly")
    assert "2 projects have a schedule" in failed.err


def test_moments_are_shown_as_the_clocks_of_the_zone_do(control: Control, run: Run) -> None:
    control.reply("POST", f"{API}/preview", {"next": ["2026-12-01T05:30:00Z"]})
    assert run("schedules", "preview", "30 6 * * *", "--time-zone", "Europe/Berlin").out == "Tue 2026-12-01 06:30 CET\n"
