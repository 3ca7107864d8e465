"""Monitors through the client."""

from tests.support.control import Control
from unshelf.client.client import Client

AT = "/api/v1/models/credit/monitors"


def test_each_act_has_its_address(control: Control, client: Client) -> None:
    monitor = {"model": "credit", "name": "inputs"}
    control.reply("GET", "/api/v1/monitors", {"monitors": [monitor], "next_cursor": None})
    control.reply("GET", AT, {"monitors": [monitor], "next_cursor": None})
    control.reply("POST", AT, monitor, 201)
    for verb in ("GET", "PATCH"):
        control.reply(verb, f"{AT}/inputs", monitor)
    control.reply("DELETE", f"{AT}/inputs", None, 204)
    control.reply("GET", f"{AT}/inputs/results", {"results": [], "next_cursor": None})
    assert client.monitors() == client.monitors("credit") == [monitor]
    assert client.monitor("credit", "inputs") == monitor
    assert client.add_monitor("credit", "income", "inputs", columns=["income"]) == monitor
    assert control.asked[-1].json == {"name": "income", "kind": "inputs", "columns": ["income"]}
    assert client.change_monitor("credit", "inputs", threshold=0.2) == monitor
    assert control.asked[-1].json == {"threshold": 0.2}
    assert client.monitor_results("credit", "inputs", version=3, since="2026-03-01T00:00:00Z") == []
    assert "version=3" in control.asked[-1].path
    client.delete_monitor("credit", "inputs")
    assert (control.asked[-1].method, control.asked[-1].path) == ("DELETE", f"{AT}/inputs")


def test_a_run_goes_on_until_it_is_done(control: Control, client: Client) -> None:
    came = {"since": "a", "done": False}
    control.reply("POST", f"{AT}/run", {**came, "judged": 5, "alarms": 1, "reached": "b"})
    control.reply("POST", f"{AT}/run", {**came, "judged": 2, "alarms": 0, "reached": "c", "done": True})
    assert client.run_monitors("credit", since="a") == {"judged": 7, "alarms": 1, "since": "a", "reached": "c"}
    assert [each.json["since"] for each in control.calls("POST", f"{AT}/run")] == ["a", "b"]


def test_a_run_that_gets_nowhere_ends(control: Control, client: Client) -> None:
    control.reply("POST", f"{AT}/run", {"judged": 0, "alarms": 0, "since": "a", "reached": "a", "done": False})
    assert client.run_monitors("credit", since="a")["judged"] == 0
