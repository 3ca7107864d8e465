"""Goals through the client."""

from tests.support.control import Control
from unshelf.client.client import Client

PATH = "/api/v1/projects/credit/goals"


def test_each_act_has_its_address_and_body(control: Control, client: Client) -> None:
    control.reply("GET", PATH, {"goals": [{"id": "g"}], "next_cursor": None})
    control.reply("POST", PATH, {"id": "g"}, 201)
    for method, path in (("GET", ""), ("PATCH", ""), ("POST", "/ties"), ("DELETE", "/ties"), ("POST", "/values")):
        control.reply(method, f"{PATH}/g{path}", {"id": "g"})
    control.reply("GET", f"{PATH}/g/values", {"values": [{"value": 1}]})
    assert client.goals("credit", closed=True) == [{"id": "g"}]
    client.set_goal("credit", "Fewer", metric="recall", target=0.9)
    assert client.goal("credit", "g") == {"id": "g"}
    client.change_goal("credit", "g", closed=True)
    client.tie_goal("credit", "g", "score:3")
    client.untie_goal("credit", "g", "score:3")
    client.note_value("credit", "g", 0.9, "test")
    assert client.goal_values("credit", "g") == [{"value": 1}]
    bodies = [each.json for each in control.asked if each.body]
    assert bodies == [
        {"title": "Fewer", "metric": "recall", "target": 0.9}, {"closed": True}, {"kind": "version", "name": "score:3"},
        {"value": 0.9, "source": "test"},
    ]  # fmt: skip
    assert control.calls("DELETE", f"{PATH}/g/ties")[0].path.endswith("?kind=version&name=score%3A3")
