"""`unshelf alerts` and `unshelf support`: what they send, and what they say."""

from typing import Any

import pytest

from tests.support.control import Control
from tests.unit.cli.conftest import Run

pytestmark = pytest.mark.runs_program

ALERT: dict[str, Any] = {
    "id": "a1", "kind": "errors_high", "model": "churn", "severity": "critical", "status": "new", "summary": "churn fails.",
    "evidence": {"columns": [{"column": "errors", "measure": "share", "value": 0.12, "threshold": 0.05, "say": "12 % failed."}]},
    "action": "replace", "advice": "Go back.", "owner": "ana (01)", "raised_at": "2026-01-31T12:00:00Z", "seen_at": "2026-01-31T12:00:00Z",
    "resolved_at": None, "resolved_because": "", "assignee": {"kind": "group", "name": "night", "by": "ana"}, "acknowledged_by": None,
    "snoozed_until": "2026-02-01T12:00:00Z",
}  # fmt: skip
CARD: dict[str, Any] = {
    "since": "2026-01-31T11:00:00Z",
    "options": [
        {"name": "rollback", "score": 75, "title": "Roll back to version 1", "command": "unshelf rollback churn",
         "reasons": [{"points": 35, "say": "It began with a release."}, {"points": -10, "say": "It failed before too."}]}
    ],
    "decisions": [{"at": "2026-01-31T12:00:00Z", "by": "ana (01)", "choice": "ignore", "outcome": "Noted.", "reason": "Test."}],
}  # fmt: skip
SUPPORT: dict[str, Any] = {
    "level": "critical", "owner": {"kind": "group", "name": "night"}, "escalate_to": None, "escalate_after": 15,
    "own": {"level": None, "owner": {"kind": "group", "name": "night"}, "escalate_to": None, "escalate_after": None},
}  # fmt: skip


def sent(control: Control, method: str, path: str) -> Any:
    return control.calls(method, path)[-1].json


def test_alerts_are_listed_and_one_is_shown_with_its_card(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/alerts", {"alerts": [ALERT]})
    control.reply("GET", "/api/v1/alerts/a1", ALERT)
    control.reply("GET", "/api/v1/alerts/a1/card", CARD)
    assert "churn fails." in run("alerts", "--json").out
    listed = run("alerts", "list", "--state", "active", "--mine", "--model", "churn").out
    assert "critical" in listed and "a1" in listed
    assert {"state=active", "mine=True", "model=churn"} & set(
        control.calls("GET", "/api/v1/alerts")[-1].path.partition("?")[2].split("&")
    )
    shown = " ".join(run("alerts", "show", "a1").out.split())
    for said in (
        "Roll back to version 1",
        "It began with a release. (+35)",
        "12 % failed.",
        "group night",
        "ana chose ignore: Noted. Test.",
    ):
        assert said in shown, said


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (["acknowledge", "a1"], ("POST", "acknowledge", {})),
        (["snooze", "a1", "--for", "2h"], ("PUT", "snooze", {"seconds": 7200, "until": None})),
        (["wake", "a1"], ("DELETE", "snooze", None)),
        (["assign", "a1", "--group", "night"], ("PUT", "assignee", {"kind": "group", "name": "night"})),
        (["assign", "a1", "--nobody"], ("DELETE", "assignee", None)),
        (["heed", "a1"], ("DELETE", "ignored", None)),
    ],
)
def test_answers_are_sent(control: Control, run: Run, words: list[str], asked: tuple[str, str, Any]) -> None:
    method, path, body = asked
    control.reply(method, f"/api/v1/alerts/a1/{path}", ALERT)
    said = run("alerts", *words)
    assert (said.code, "The alert a1 is" in said.out) == (0, True)
    if body is not None:
        assert sent(control, method, f"/api/v1/alerts/a1/{path}") == body


def test_a_choice_is_sent_with_its_reason(control: Control, run: Run) -> None:
    control.reply("POST", "/api/v1/alerts/a1/decisions", {"outcome": "Now live: version 1 (100 %)."})
    assert "Now live: version 1" in run("alerts", "decide", "a1", "rollback", "--because", "It fails.").out
    wanted = {"choice": "rollback", "reason": "It fails.", "version": None, "target": None}
    assert sent(control, "POST", "/api/v1/alerts/a1/decisions") == wanted
    run("alerts", "ignore", "a1")
    assert sent(control, "POST", "/api/v1/alerts/a1/decisions")["choice"] == "ignore"


@pytest.mark.parametrize("words", [["snooze", "a1"], ["assign", "a1"], ["assign", "a1", "ana", "--nobody"]])
def test_what_is_not_said_is_asked_for(run: Run, words: list[str]) -> None:
    assert run("alerts", *words).code == 2


def test_policies_are_set_listed_and_deleted(control: Control, run: Run) -> None:
    policy = {
        "id": "p1", "name": "back", "model": None, "project": "risk", "kinds": ["errors_high"], "severity": "critical",
        "act": "rollback", "last_at": None, "last_error": "", "last_outcome": "",
    }  # fmt: skip
    control.reply("POST", "/api/v1/alert-policies", policy)
    control.reply("GET", "/api/v1/alert-policies", {"policies": [policy], "next_cursor": None})
    control.reply("DELETE", "/api/v1/alert-policies/p1", {})
    assert (
        "policy p1: back"
        in run("alerts", "add-policy", "back", "--do", "rollback", "--kind", "errors_high", "--project", "risk").out
    )
    assert sent(control, "POST", "/api/v1/alert-policies")["kinds"] == ["errors_high"]
    assert "all of risk" in run("alerts", "policies").out
    assert "is deleted" in run("alerts", "delete-policy", "p1").out


def test_support_is_shown_and_what_is_left_out_stays(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/models/churn/support", SUPPORT)
    control.reply("PUT", "/api/v1/models/churn/support", SUPPORT)
    control.reply("GET", "/api/v1/projects/risk/support", SUPPORT)
    assert "the group night" in run("support", "churn").out
    assert "critical" in run("support", "risk", "--project").out
    run("support", "churn", "--level", "critical", "--escalate-to", "olga", "--after", "5")
    assert sent(control, "PUT", "/api/v1/models/churn/support") == {
        "level": "critical", "escalate_after": 5, "owner": {"kind": "group", "name": "night"},
        "escalate_to": {"kind": "user", "name": "olga"},
    }  # fmt: skip
    run("support", "churn", "--clear")
    assert set(sent(control, "PUT", "/api/v1/models/churn/support").values()) == {None}
    assert run("support", "churn", "--owner", "a", "--owner-group", "b").code == 2
