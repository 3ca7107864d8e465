"""`unshelf dashboard` and `unshelf fleet` in the terminal."""

import json
from typing import Any

from tests.support.control import Control
from tests.unit.cli.conftest import Run
from unshelf.cli.monitor.dashboard import sparkline

SUMMARY: dict[str, Any] = {
    "kind": "number", "rows": 10, "gaps": 0, "minimum": 1.0, "maximum": 9.0, "mean": 5.0, "p10": 2.0, "p50": 5.0, "p90": 8.0,
    "top": [], "distance": 0.4,
}  # fmt: skip
TRAFFIC: dict[str, Any] = {
    "requests": 1200, "rows": 1200, "failed": 12, "refused": 0, "errors": {"overloaded": 12}, "queue": None,
    "latency": {"p50": 1.0, "p95": 2.0, "p99": 3.5, "mean": 1.2, "maximum": 9.0},
}  # fmt: skip
DASHBOARD: dict[str, Any] = {
    "name": "iris", "version": None, "state": "attention", "words": ["iris was asked 1,200 times.", "bmi moved."],
    "step_hours": 24, "window": None, "window_sizes": [1000], "traffic": TRAFFIC,
    "steps": [{**TRAFFIC, "start": "2026-11-01T00:00:00Z"}, {**TRAFFIC, "start": "2026-11-02T00:00:00Z", "latency": None}],
    "columns": [
        {
            "column": "in:bmi", "now": SUMMARY, "before": {**SUMMARY, "top": [{"value": "a", "count": 6}, {"value": "b", "count": 4}]},
            "drift": {"distance": 0.41, "jensen_shannon": 0.45, "drifted": True}, "steps": [SUMMARY, {**SUMMARY, "distance": None}],
        },
        {"column": "out:y", "now": {**SUMMARY, "minimum": None}, "before": None, "drift": None, "steps": []},
    ],
    "reference": {"kind": "baseline"}, "moments": [{"time": "2026-11-01T10:00:00Z", "say": "Live: version 2"}],
    "missing": [{"role": "label", "cost": "It costs.", "how": "Name the label."}],
}  # fmt: skip


def test_a_dashboard_is_told_in_words_and_bars(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/models/iris/dashboard", DASHBOARD)
    said = run("dashboard", "iris", "--since", "2d").out
    for part in (
        "iris was asked 1,200 times.",
        "1,200",
        "3.5",
        "in:bmi",
        "0.41",
        "yes",
        "a 60%",
        "Live: version 2",
        "Name the label.",
    ):
        assert part in said, part
    assert "since=2d" in control.asked[-1].path
    assert json.loads(run("dashboard", "iris", "--json").out) == DASHBOARD


def test_a_model_without_requests_has_words_alone(control: Control, run: Run) -> None:
    quiet = {
        **DASHBOARD,
        "state": "unknown",
        "words": ["Nothing yet."],
        "steps": [],
        "columns": [],
        "moments": [],
        "missing": [],
    }
    control.reply("GET", "/api/v1/models/iris/dashboard", quiet)
    assert run("dashboard", "iris").out.strip() == "Nothing yet."


def test_the_fleet_is_listed_with_the_reasons(control: Control, run: Run) -> None:
    model = {
        "name": "iris", "project": "risk", "paused": False, "release": [{"version": 3, "percent": 100}], "state": "failing",
        "reasons": ["3 % failed."], "requests": 1200, "requests_week": 9000, "failed": 36, "p99": None, "drifted": [], "alerts": 1,
        "last_request": None,
    }  # fmt: skip
    control.reply("GET", "/api/v1/fleet", {"models": [model], "total": 3, "counted_until": None})
    said = run("fleet", "--project", "risk").out
    for part in ("failing", "iris", "1,200", "3 % failed.", "2 more models"):
        assert part in said, part
    assert "project=risk" in control.asked[-1].path
    assert json.loads(run("fleet", "--json").out)["total"] == 3


def test_bars_are_as_high_as_the_values() -> None:
    assert sparkline([0, 1, 2, 4, 8]) == "▁▂▃▅█"
    assert sparkline([0, 0]) == "▁▁"
    assert sparkline([]) == ""
    assert len(sparkline(range(1000))) <= 60  # type: ignore[arg-type]
