"""Triggers through the client."""

from tests.support.control import Control
from unshelf.client.client import Client


def test_each_act_has_its_address(control: Control, client: Client) -> None:
    trigger, path = {"id": "t1", "name": "retrain"}, "/api/v1/triggers"
    control.reply("GET", path, {"triggers": [trigger], "next_cursor": None})
    control.reply("POST", path, trigger, 201)
    for verb in ("GET", "PATCH"):
        control.reply(verb, f"{path}/t1", trigger)
    control.reply("DELETE", f"{path}/t1", None, 204)
    control.reply("GET", f"{path}/t1/starts", {"starts": [], "next_cursor": None})
    control.reply("POST", f"{path}/t1/call", {"started": "j2"})
    assert client.triggers(target="j1") == [trigger]
    assert client.set_trigger("retrain", "j1", action="data.added") == trigger
    assert control.asked[-1].json == {"name": "retrain", "target": "j1", "action": "data.added"}
    assert client.trigger("t1") == client.set_trigger_state("t1", "paused") == trigger
    assert client.trigger_starts("t1") == []
    assert client.call_trigger("t1", {"commit": "abc"}, key="push") == {"started": "j2"}
    assert control.asked[-1].json == {"key": "push", "body": {"commit": "abc"}}
    client.delete_trigger("t1")
    assert control.asked[-1].path == f"{path}/t1"
