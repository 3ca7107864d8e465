"""Methods for use and budgets."""

from tests.support.control import Control
from tests.support.routes import TOKEN
from unshelf.client.client import Client


def test_what_is_asked_reaches_its_route(control: Control) -> None:
    control.reply("GET", "/api/v1/usage", {"billed": []})
    control.reply("GET", "/api/v1/usage/days", {"days": []})
    control.reply("GET", "/api/v1/usage/jobs/j1", {"amounts": {"cost": 1.5}})
    control.reply("PUT", "/api/v1/budgets/%2A", {"project": "*"})
    control.reply("GET", "/api/v1/budgets/%2A", {"project": "*"})
    with Client(control.url, TOKEN) as client:
        assert client.usage(by="person", project="risk") == {"billed": []}
        assert client.usage_days(month="2026-11") == {"days": []}
        assert client.job_cost("j1")["amounts"]["cost"] == 1.5
        assert client.set_budget("*", 10, stops="jobs")["project"] == "*"
        assert client.budget("*") == {"project": "*"}
    assert control.calls("GET", "/api/v1/usage")[0].path.endswith("?by=person&project=risk")
    assert control.calls("PUT", "/api/v1/budgets/%2A")[0].json == {"amount": 10, "stops": "jobs"}
