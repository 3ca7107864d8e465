"""Sweeps through the client."""

from tests.support.control import Control
from unshelf.client.client import Client


def test_each_act_has_its_address(control: Control, client: Client) -> None:
    sweep, path = {"id": "s1", "state": "running"}, "/api/v1/sweeps"
    control.reply("GET", path, {"sweeps": [sweep], "next_cursor": None})
    control.reply("POST", path, sweep, 201)
    control.reply("GET", f"{path}/s1", sweep)
    control.reply("GET", f"{path}/s1/trials", {"trials": [{"number": 0}], "next_cursor": None})
    control.reply("POST", f"{path}/s1/cancel", {"id": "s1", "state": "cancelled"})
    assert client.sweeps(job="j1") == [sweep]
    assert client.begin_sweep("j1", {"x": [1, 2]}, "score", strategy="grid") == sweep
    assert control.asked[-1].json == {"job": "j1", "space": {"x": [1, 2]}, "objective": "score", "strategy": "grid"}
    assert client.sweep("s1") == sweep
    assert client.trials("s1") == [{"number": 0}]
    assert client.cancel_sweep("s1")["state"] == "cancelled"
