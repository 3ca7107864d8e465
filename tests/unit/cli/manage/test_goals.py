"""Goals on the command line."""

import json

from tests.support.control import Control
from tests.unit.cli.conftest import Run

PATH = "/api/v1/projects/credit/goals"
GOAL = {
    "id": "g1", "title": "Fewer missed", "description": "", "owner": "ana", "due": "2027-03-31", "metric": "recall",
    "direction": "at_least", "target": 0.9, "worth": "€ 5", "closed_at": None, "missing": ["reached"],
    "ties": [{"kind": "version", "name": "score:3"}],
    "latest": {"value": 0.8, "source": "test", "at": "2026-05-01T00:00:00Z"},
}  # fmt: skip


def test_goals_are_listed_with_what_is_missing(control: Control, run: Run) -> None:
    control.reply("GET", PATH, {"goals": [GOAL], "next_cursor": None})
    control.reply("GET", f"{PATH}/g1", GOAL)
    control.reply("GET", f"{PATH}/g1/values", {"values": [GOAL["latest"]]})
    listed = run("goals", "list", "credit").out
    assert all(text in listed for text in ("recall ≥ 0.9", "0.8 (test)", "the target is not reached"))
    shown = run("goals", "show", "credit", "g1").out
    assert all(text in shown for text in ("score:3", "€ 5", "0.8 on"))
    assert json.loads(run("goals", "show", "credit", "g1", "--json").out)["values"] == [GOAL["latest"]]


def test_a_goal_is_set_changed_tied_and_valued(control: Control, run: Run) -> None:
    control.reply("POST", PATH, GOAL, 201)
    for method, path in (("PATCH", ""), ("POST", "/ties"), ("DELETE", "/ties"), ("POST", "/values")):
        control.reply(method, f"{PATH}/g1{path}", GOAL)
    assert "g1" in run("goals", "set", "credit", "Fewer missed", "--metric", "latency", "--at-most", "0.2").out
    assert run("goals", "change", "credit", "g1", "--close", "--due", "2027-01-01").code == 0
    assert run("goals", "change", "credit", "g1").code == 2
    assert run("goals", "set", "credit", "x", "--at-least", "1", "--at-most", "2").code == 2
    assert "works towards" in run("goals", "tie", "credit", "g1", "score", "--release").out
    assert "not tied" in run("goals", "untie", "credit", "g1", "score:3").out
    assert "not reached" in run("goals", "value", "credit", "g1", "0.8", "--source", "test").out
    assert [each.json for each in control.asked if each.body] == [
        {"title": "Fewer missed", "metric": "latency", "direction": "at_most", "target": 0.2},
        {"due": "2027-01-01", "closed": True}, {"kind": "release", "name": "score"}, {"value": 0.8, "source": "test"},
    ]  # fmt: skip
