"""Open alerts are shown wherever their model is."""

from typing import Any

import pytest

from tests.support.control import Control
from tests.support.registry_answers import DETAIL, MODEL
from tests.unit.cli.conftest import Run

ALERT: dict[str, Any] = {
    "id": "a", "kind": "predictions_lost", "model": "iris", "severity": "critical", "summary": "Predictions are lost.",
    "evidence": {"lost_since_start": 3}, "action": "repair", "advice": "Make room.", "owner": "admin",
    "raised_at": "2026-01-31T12:00:00Z", "seen_at": "2026-01-31T12:00:00Z", "resolved_at": None,
}  # fmt: skip


@pytest.mark.runs_program
def test_open_alerts_are_seen_where_their_model_is_and_by_the_doctor(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/alerts", {"alerts": [ALERT]})
    control.reply("GET", "/api/v1/models", {"models": [MODEL]})
    control.reply("GET", "/api/v1/models/iris", DETAIL)
    control.reply("GET", "/api/v1/status", {"version": "1", "uptime_seconds": 1, "models": 1, "versions": 2})
    control.reply("GET", "/api/v1/whoami", {"id": "k", "name": "k", "role": "admin", "models": None})
    control.reply("GET", "/api/v1/machine", {"machine": {}, "replicas": []})
    assert "alerts" in run("models").out.splitlines()[0]
    assert "critical: Predictions are lost. repair: Make room." in " ".join(run("show", "iris").out.split())
    assert control.calls("GET", "/api/v1/alerts")[-1].path.split("&").count("model=iris") == 1
    said = run("doctor")
    assert said.code == 1
    assert "predictions_lost" in said.out
    assert "lost_since_start=3" in said.out
