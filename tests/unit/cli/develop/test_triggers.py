"""Triggers on the command line."""

from typing import Any

from tests.support.control import Control
from tests.unit.cli.conftest import Run

API = "/api/v1/triggers"
TRIGGER: dict[str, Any] = {
    "id": "01t", "name": "retrain", "project": "risk", "kind": "job", "target": "01j", "waits_for": "event", "action": "data.added",
    "subject": "", "most_an_hour": 60, "state": "active", "paused_because": "", "last": None, "created_at": "2026-05-01T12:00:00Z",
    "created_by": "ana", "runs_as": "ana",
}  # fmt: skip


def test_a_trigger_is_set_for_events_or_for_calls(control: Control, run: Run) -> None:
    control.reply("POST", API, TRIGGER, 201)
    run("triggers", "set", "retrain", "--job", "01j", "--on", "data.added", "--subject", "orders")
    assert (control.asked[-1].json["action"], control.asked[-1].json["subject"]) == ("data.added", "orders")
    assert "triggers call 01t" in run("triggers", "set", "ci", "--job", "01j", "--on", "call").out
    assert control.asked[-1].json["waits_for"] == "call" and "action" not in control.asked[-1].json


def test_a_call_says_what_was_started(control: Control, run: Run) -> None:
    control.reply("GET", API, {"triggers": [TRIGGER], "next_cursor": None})
    control.reply("POST", f"{API}/01t/call", {"started": "02j", "error": ""})
    assert "started 02j" in run("triggers", "call", "retrain", "--body", '{"commit": "abc"}').out
    assert control.asked[-1].json == {"key": None, "body": {"commit": "abc"}}
    assert "no JSON" in run("triggers", "call", "retrain", "--body", "{").err


def test_a_call_that_started_nothing_fails_with_the_reason(control: Control, run: Run) -> None:
    control.reply("GET", API, {"triggers": [TRIGGER], "next_cursor": None})
    control.reply("POST", f"{API}/01t/call", {"started": None, "error": "The quota is used up."})
    assert "The quota" in run("triggers", "call", "retrain").err
