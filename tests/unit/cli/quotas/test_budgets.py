"""Budgets on the command line."""

import json
from typing import Any

from tests.support.control import Control
from tests.unit.cli.conftest import Run

BUDGET: dict[str, Any] = {
    "project": "risk", "amount": 500.0, "currency": "EUR", "thresholds": [50, 90], "stops": "jobs", "is_operators": True,
    "month": "2026-11", "spent": 125.0, "percent": 25.0, "set_at": "2026-11-01T00:00:00Z", "set_by": "admin",
}  # fmt: skip


def test_budgets_are_listed(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/budgets", {"budgets": [BUDGET | {"project": "*"}, BUDGET]})
    shown = run("budgets").out
    for part in ("the installation", "risk", "125.00", "25 %", "50 %, 90 %", "jobs"):
        assert part in shown, part
    assert len(json.loads(run("budgets", "list", "--json").out)["budgets"]) == 2


def test_a_budget_is_set_and_removed(control: Control, run: Run) -> None:
    control.reply("PUT", "/api/v1/budgets/risk", BUDGET)
    control.reply("DELETE", "/api/v1/budgets/risk", None, 204)
    said = run("budgets", "set", "risk", "500", "--alert", "50", "--alert", "90", "--stop", "jobs").out
    assert "The budget of risk: 125.00 of 500.00 EUR spent" in said
    body = control.calls("PUT", "/api/v1/budgets/risk")[0].json
    assert body == {"amount": 500.0, "stops": "jobs", "thresholds": [50, 90]}
    assert "removed" in run("budgets", "remove", "risk").out
    assert run("budgets", "set", "risk", "500", "--stop", "models").code == 2
