"""Webhooks on the command line."""

import json

from tests.support.control import Control
from tests.unit.cli.conftest import Run

HOOK = {
    "id": "w1", "project": None, "url": "https://hooks.example.org/x", "kinds": [], "format": "unshelf",
    "state": "active", "disabled_because": "",
    "failing_since": None, "created_at": "2026-05-01T00:00:00Z", "created_by": "ana",
}  # fmt: skip
DELIVERY = {
    "id": "d1", "kind": "test", "state": "failed", "attempts": 1, "status": 500, "error": "The answer was 500.",
    "created_at": "2026-05-01T00:00:00Z", "attempted_at": "2026-05-01T00:00:00Z", "next_at": None,
}  # fmt: skip


def test_a_webhook_is_added_and_its_secret_shown(control: Control, run: Run) -> None:
    control.reply("POST", "/api/v1/projects/credit/webhooks", {**HOOK, "secret": "whsec_x"}, 201)
    said = run("webhooks", "add", "https://hooks.example.org/x", "--project", "credit", "--kind", "a.b").out
    assert "whsec_x" in said and "not shown again" in said
    assert control.asked[-1].json == {"url": "https://hooks.example.org/x", "kinds": ["a.b"], "format": "unshelf"}


def test_webhooks_are_listed_with_what_was_sent(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/webhooks", {"webhooks": [HOOK], "next_cursor": None})
    control.reply("GET", "/api/v1/webhooks/w1/deliveries", {"deliveries": [DELIVERY], "next_cursor": None})
    assert "https://hooks.example.org/x" in run("webhooks").out
    assert json.loads(run("webhooks", "list", "--json").out) == {"webhooks": [HOOK]}
    assert "The answer was 500." in run("webhooks", "deliveries", "w1").out


def test_a_webhook_is_tried_disabled_enabled_and_deleted(control: Control, run: Run) -> None:
    control.reply("POST", "/api/v1/webhooks/w1/test", DELIVERY, 202)
    control.reply("PATCH", "/api/v1/webhooks/w1", HOOK)
    control.reply("DELETE", "/api/v1/webhooks/w1", None, 204)
    assert "d1" in run("webhooks", "test", "w1").out
    assert run("webhooks", "disable", "w1").out == "The webhook w1 is disabled.\n"
    assert control.asked[-1].json["state"] == "disabled"
    assert run("webhooks", "enable", "w1").out == "The webhook w1 is active.\n"
    assert run("webhooks", "delete", "w1").out == "The webhook w1 is deleted.\n"
