"""Use and prices on the command line."""

import json
from typing import Any

from tests.support.control import Control
from tests.unit.cli.conftest import Run

AMOUNTS: dict[str, Any] = {
    "cpu_seconds": 7200.0, "memory_gib_seconds": 3600.0, "held_seconds": 36_000.0, "gpu_seconds": 0.0,
    "disk_gib_hours": 0.0, "predictions": 1234, "cost": 4.5,
}  # fmt: skip
REPORT: dict[str, Any] = {
    "month": "2026-11", "by": "project", "project": None, "currency": "EUR", "billed_total": AMOUNTS, "total": AMOUNTS,
    "billed": [{"name": "risk", "what": "", "amounts": AMOUNTS}, {"name": "", "what": "kept warm", "amounts": AMOUNTS}],
    "unbilled": [{"name": "", "what": "platform: gateway", "amounts": AMOUNTS | {"cost": 0.00012}}],
}  # fmt: skip
PRICES: dict[str, Any] = {
    "currency": "EUR", "tiers": {"large": 0.4}, "foreign": ["gpu"],
    "resources": {"cpu_hour": 0.03, "memory_gib_hour": 0.0, "gpu_hour": 0.0, "disk_gib_month": 0.0},
}  # fmt: skip


def test_a_month_is_shown_with_what_nobody_is_billed(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/usage", REPORT)
    shown = run("usage", "--month", "2026-11", "--by", "project").out
    for part in ("risk", "(kept warm)", "platform: gateway", "1,234", "4.50", "0.00012", "everything"):
        assert part in shown, part
    assert "by=project&month=2026-11" in control.calls("GET", "/api/v1/usage")[0].path
    assert json.loads(run("usage", "--json").out) == REPORT


def test_what_can_t_be_asked_is_refused(control: Control, run: Run) -> None:
    assert run("usage", "--by", "shoe-size").code == 2
    assert run("usage", "--csv", "--json").code == 2
    assert not control.asked


def test_prices_are_shown_and_changed(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/prices", PRICES)
    control.reply("PATCH", "/api/v1/prices", PRICES)
    shown = run("usage", "prices").out
    assert "tier large" in shown
    assert "The tier gpu has a price in another currency" in shown
    run("usage", "prices", "--cpu-hour", "0.05")
    assert control.calls("PATCH", "/api/v1/prices")[0].json == {"cpu_hour": 0.05}
