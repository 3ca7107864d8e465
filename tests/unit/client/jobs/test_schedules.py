"""Schedules through the client."""

from tests.support.control import Control
from unshelf.client.client import Client


def test_each_act_has_its_address(control: Control, client: Client) -> None:
    schedule, path = {"id": "s1", "name": "nightly"}, "/api/v1/schedules"
    control.reply("GET", path, {"schedules": [schedule], "next_cursor": None})
    control.reply("POST", path, schedule, 201)
    for verb in ("GET", "PATCH"):
        control.reply(verb, f"{path}/s1", schedule)
    control.reply("DELETE", f"{path}/s1", None, 204)
    control.reply("GET", f"{path}/s1/starts", {"starts": [], "next_cursor": None})
    control.reply("POST", f"{path}/preview", {"next": []})
    assert client.schedules(project="risk") == [schedule]
    assert client.set_schedule("nightly", "j1", "@daily", time_zone="Europe/Berlin") == schedule
    assert control.asked[-1].json == {
        "name": "nightly", "kind": "job", "target": "j1", "cron": "@daily", "time_zone": "Europe/Berlin", "catch_up": "latest",
    }  # fmt: skip
    assert client.schedule("s1") == client.change_schedule("s1", state="paused") == schedule
    assert control.asked[-1].json == {"state": "paused"}
    assert client.schedule_starts("s1", limit=5) == []
    assert client.preview_timetable("@daily") == {"next": []}
    client.delete_schedule("s1")
    assert control.asked[-1].path == f"{path}/s1"
