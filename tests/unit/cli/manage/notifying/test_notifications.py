"""Notifications on the command line."""

import json

from tests.support.control import Control
from tests.unit.cli.conftest import Run

ONE = {
    "id": "n1", "kind": "request.decided", "title": "Your request is granted", "body": "", "link": "", "subject_kind": "request",
    "subject": "r1", "project": None, "created_at": "2026-05-01T00:00:00Z", "read_at": None,
}  # fmt: skip
CHOICE = {"kind": "k", "description": "A thing.", "inbox": True, "email": False, "webhook": True, "chosen": True}


def test_notifications_are_listed_and_marked_read(control: Control, run: Run) -> None:
    listed = {"notifications": [ONE], "unread": 1, "next_cursor": None}
    control.reply("GET", "/api/v1/notifications", listed)
    control.reply("POST", "/api/v1/notifications/read", {"read": 1})
    said = run("notifications").out
    assert "Your request is granted" in said and "1 unread" in said
    assert json.loads(run("notifications", "list", "--unread", "--json").out) == listed
    assert "unread=true" in control.asked[-1].path
    assert run("notifications", "read", "n1").out == "1 marked read.\n"
    assert control.asked[-1].json == {"ids": ["n1"]}
    run("notifications", "read")
    assert control.asked[-1].json == {"ids": None}


def test_an_empty_inbox_says_so(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/notifications", {"notifications": [], "unread": 0, "next_cursor": None})
    assert run("notifications").out == "There are no notifications.\n"


def test_what_is_not_said_stays_as_it_is(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/notifications/choices", {"choices": [CHOICE]})
    control.reply("PUT", "/api/v1/notifications/choices/k", {**CHOICE, "webhook": False})
    assert run("notifications", "choose", "k", "--no-webhook").out == "k: inbox\n"
    assert control.asked[-1].json == {"inbox": True, "email": False, "webhook": False}
    assert "A thing." in run("notifications", "choices").out
