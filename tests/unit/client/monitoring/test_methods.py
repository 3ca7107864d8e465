"""Roles of columns, dashboards and the fleet, as the client asks for them."""

from tests.support.control import Control
from unshelf.client.client import Client


def test_each_method_asks_its_address(control: Control, client: Client) -> None:
    control.reply("GET", "/api/v1/models/iris/columns", {"prediction": "y"})
    control.reply("PATCH", "/api/v1/models/iris/columns", {"prediction": None})
    control.reply("GET", "/api/v1/models/iris/dashboard", {"words": []})
    control.reply("GET", "/api/v1/models/iris/dashboard/column", {"labels": []})
    control.reply("GET", "/api/v1/fleet", {"models": []})
    assert client.columns("iris") == {"prediction": "y"}
    assert client.change_columns("iris", prediction=None, reason="why") == {"prediction": None}
    assert client.dashboard("iris", since="2d") == {"words": []}
    assert client.dashboard_column("iris", "in:x") == {"labels": []}
    assert client.fleet(project="risk") == {"models": []}
    assert next(each.json for each in control.asked if each.method == "PATCH") == {"prediction": None, "reason": "why"}
