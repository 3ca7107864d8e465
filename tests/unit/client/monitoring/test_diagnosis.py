"""Diagnoses, as the client asks for them."""

from urllib.parse import parse_qs, urlsplit

from tests.support.control import Control
from unshelf.client.client import Client


def test_each_method_asks_its_address(control: Control, client: Client) -> None:
    for what in ("", "/column", "/quality", "/rows"):
        control.reply("GET", f"/api/v1/models/iris/diagnosis{what}", {"of": what})
    assert client.diagnose("iris", alert="a1") == {"of": ""}
    assert client.diagnose_column("iris", "in:x", slices=["in:who", "in:y"], since="2d") == {"of": "/column"}
    assert client.diagnose_quality("iris", until="1d") == {"of": "/quality"}
    assert client.diagnosed_rows("iris", slice="who=a", wrong=True, limit=5) == {"of": "/rows"}
    asked = [parse_qs(urlsplit(each.path).query) for each in control.asked if "diagnosis" in each.path]
    assert asked[0]["alert"] == ["a1"]
    assert (asked[1]["slice"], asked[1]["since"]) == (["in:who", "in:y"], ["2d"])
    assert (asked[3]["wrong"], asked[3]["limit"], asked[3]["slice"]) == (["true"], ["5"], ["who=a"])
