"""Requests through the client."""

from tests.support.control import Control
from unshelf.client.client import Client

PATH = "/api/v1/requests"


def test_each_act_has_its_address_and_body(control: Control, client: Client) -> None:
    control.reply("GET", PATH, {"requests": [{"id": "r"}], "next_cursor": None})
    control.reply("POST", PATH, {"id": "r"}, 201)
    for act in ("grant", "refuse", "withdraw", "token"):
        control.reply("POST", f"{PATH}/r/{act}", {"id": "r"})
    client.request_access(model="score", reason="a report")
    assert client.requests(whose="mine", state="open") == [{"id": "r"}]
    client.grant_request("r", expires_in_seconds=60)
    client.refuse_request("r", reason="no")
    client.withdraw_request("r")
    client.request_token("r", name="report")
    assert [each.json for each in control.asked if each.body] == [
        {"kind": "access", "model": "score", "project": None, "wanted": {"role": "caller"}, "reason": "a report"},
        {"expires_in_seconds": 60, "reason": ""}, {"reason": "no"}, {"name": "report"},
    ]  # fmt: skip
