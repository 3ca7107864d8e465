"""Requests on the command line."""

import json

from tests.support.control import Control
from tests.unit.cli.conftest import Run

PATH = "/api/v1/requests"
ASKED = {
    "id": "r1", "kind": "access", "model": "score", "project": "credit", "wanted": {"role": "caller"}, "reason": "report",
    "asked_by": "zoe", "state": "open", "may_decide": True, "next_step": "", "decision_reason": "", "expires_at": None,
}  # fmt: skip


def test_requests_are_listed_and_asked(control: Control, run: Run) -> None:
    control.reply("GET", PATH, {"requests": [ASKED], "next_cursor": None})
    control.reply("POST", PATH, ASKED, 201)
    assert "yours to decide" in run("requests").out
    assert json.loads(run("requests", "list", "--whose", "mine", "--state", "open", "--json").out)["requests"] == [
        ASKED
    ]
    assert "r1" in run("requests", "access", "score", "--reason", "report").out
    assert control.calls("POST", PATH)[0].json["model"] == "score"


def test_a_request_is_granted_for_a_week_unless_it_is_said_otherwise(control: Control, run: Run) -> None:
    control.reply("POST", f"{PATH}/r1/grant", {**ASKED, "expires_at": "2026-05-08T00:00:00Z"})
    for act in ("refuse", "withdraw"):
        control.reply("POST", f"{PATH}/r1/{act}", ASKED)
    assert "Granted until" in run("requests", "grant", "r1").out
    assert run("requests", "grant", "r1", "--expires", "never").code == 0
    assert run("requests", "grant", "r1", "--expires", "soon").code == 2
    assert "Refused" in run("requests", "refuse", "r1", "--reason", "no").out
    assert "Withdrawn" in run("requests", "withdraw", "r1").out
    assert [each.json["expires_in_seconds"] for each in control.calls("POST", f"{PATH}/r1/grant")] == [604_800, None]


def test_a_token_of_a_granted_request_is_shown_once(control: Control, run: Run) -> None:
    made = {
        "id": "t1", "name": "report", "role": "caller", "models": ["score"], "projects": None, "token": "unshelf_secret",
        "expires_at": "2026-05-08T00:00:00Z",
    }  # fmt: skip
    control.reply("POST", f"{PATH}/r1/token", made, 201)
    shown = run("requests", "token", "r1", "--name", "report").out
    assert "unshelf_secret" in shown
    assert "caller of score, until" in shown


def test_an_approval_names_what_it_is_about_and_the_run_that_asks(control: Control, run: Run) -> None:
    wanted = {"question": "Go?", "about": "score:3", "run": "01r", "pipeline": "retrain", "key": "pipeline/01r/4/0"}
    control.reply("GET", PATH, {"requests": [{**ASKED, "kind": "approval", "wanted": wanted}], "next_cursor": None})
    said = " ".join(run("requests").out.split())
    assert "approval of score:3" in said
    assert "01r/4" not in said
