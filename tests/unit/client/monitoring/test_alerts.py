"""Alerts from the client: each method's request."""

from typing import Any

import pytest

from tests.support.control import Control
from unshelf.client.client import Client

AT = "/api/v1/alerts/a1"


def test_alerts_are_listed_with_what_is_asked_alone(control: Control, client: Client) -> None:
    control.reply("GET", "/api/v1/alerts", {"alerts": [{"id": "a1"}]})
    assert client.alerts(model="churn", mine=True, severity=None) == [{"id": "a1"}]
    assert control.asked[-1].path == "/api/v1/alerts?state=open&model=churn&limit=100&mine=true"


@pytest.mark.parametrize(
    ("method", "arguments", "asked"),
    [
        ("alert", {}, ("GET", AT, None)),
        ("alert_card", {}, ("GET", f"{AT}/card", None)),
        ("acknowledge_alert", {}, ("POST", f"{AT}/acknowledge", {})),
        ("snooze_alert", {"seconds": 59.6}, ("PUT", f"{AT}/snooze", {"seconds": 60, "until": None})),
        ("wake_alert", {}, ("DELETE", f"{AT}/snooze", None)),
        ("assign_alert", {"name": "ana"}, ("PUT", f"{AT}/assignee", {"kind": "user", "name": "ana"})),
        ("assign_alert", {"name": None}, ("DELETE", f"{AT}/assignee", None)),
        ("heed_alert", {}, ("DELETE", f"{AT}/ignored", None)),
        (
            "decide_alert",
            {"choice": "pause"},
            ("POST", f"{AT}/decisions", {"choice": "pause", "reason": "", "version": None, "target": None}),
        ),
    ],
)
def test_an_alert_is_shown_and_answered(
    control: Control, client: Client, method: str, arguments: dict[str, Any], asked: tuple[str, str, Any]
) -> None:
    verb, path, body = asked
    control.reply(verb, path, {"id": "a1"})
    assert getattr(client, method)("a1", **arguments) == {"id": "a1"}
    assert (control.asked[-1].json if control.asked[-1].body else None) == body


def test_policies_are_set_listed_and_deleted(control: Control, client: Client) -> None:
    control.reply("GET", "/api/v1/alert-policies", {"policies": [{"id": "p1"}], "next_cursor": None})
    control.reply("POST", "/api/v1/alert-policies", {"id": "p1"}, 201)
    control.reply("DELETE", "/api/v1/alert-policies/p1", None, 204)
    assert client.alert_policies(model="churn") == [{"id": "p1"}]
    client.set_alert_policy("back", "start", kinds=["x"], model="churn", start=("pipeline", "q"))
    assert control.asked[-1].json == {
        "name": "back", "act": "start", "kinds": ["x"], "model": "churn", "project": None, "severity": "critical",
        "start_kind": "pipeline", "start_target": "q", "hours": 24,
    }  # fmt: skip
    client.delete_alert_policy("p1")


def test_support_is_a_model_s_or_a_project_s(control: Control, client: Client) -> None:
    for path in ("/api/v1/models/churn/support", "/api/v1/projects/risk/support"):
        control.reply("GET", path, {"level": "standard"})
        control.reply("PUT", path, {"level": "critical"})
    assert client.support(model="churn") == client.support(project="risk") == {"level": "standard"}
    client.set_support(project="risk", level="critical", owner=("group", "night"))
    assert control.asked[-1].json == {
        "level": "critical", "escalate_after": None, "owner": {"kind": "group", "name": "night"}, "escalate_to": None,
    }  # fmt: skip
