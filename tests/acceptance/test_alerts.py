"""Alerts, as operators and owners meet them: a full disk shows, says whose and what to do, and is over when there is room."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.disks import fill, small_disk
from tests.support.models import write_model
from tests.support.platform import Platform, running_platform
from tests.support.waiting import wait_until

LENGTH = """
def predict(rows):
    return [len(row["text"]) for row in rows]
"""
LONG = [{"text": "x" * 20_000}]


def alerts(platform: Platform, **asked: str) -> list[dict[str, Any]]:
    answer = platform.http.get("/api/v1/alerts", params=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["alerts"]
    return found


def metric(platform: Platform, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", platform.http.get("/metrics").text, re.MULTILINE)
    assert found, name
    return float(found[1])


@pytest.mark.long
def test_a_full_disk_shows_and_is_over_when_there_is_room(tmp_path: Path) -> None:
    """Given a disk without room for records, when a model that shall answer all the same is called, then callers are answered, the
    operator and the model's owner see an alert, and both are resolved once there is room."""
    home = tmp_path / "home"
    predictions = home / "predictions"
    predictions.mkdir(parents=True)
    extra = '\n[recording]\non_failure = "serve"\n'
    example = [{"text": "abc"}]
    folder = write_model(tmp_path / "texts", name="texts", code=LENGTH, example=example, extra=extra)
    with small_disk(predictions, "1m"), running_platform(home, gateways="1") as platform:
        platform.cli("deploy", str(folder))
        assert alerts(platform) == []
        assert platform.cli("doctor", check=False).returncode == 0
        ballast = fill(predictions)

        assert platform.predict("texts", LONG) == [20_000]

        wait_until(lambda: len(alerts(platform)) == 2, what="the alerts")
        of_model = alerts(platform, model="texts")[0]
        assert (of_model["kind"], of_model["severity"], of_model["action"]) == (
            "predictions_lost",
            "critical",
            "repair",
        )
        assert of_model["owner"].startswith("admin")
        assert of_model["evidence"]["lost_since_start"] >= 1
        assert metric(platform, "unshelf_recording_working") == 0
        assert metric(platform, 'unshelf_model_predictions_lost_total{model="texts",version="1"}') >= 1
        doctor = platform.cli("doctor", check=False)
        assert doctor.returncode == 1
        assert "recording_failing" in doctor.stdout
        assert "could not be recorded" in " ".join(platform.cli("show", "texts").stdout.split())

        ballast.unlink()

        wait_until(lambda: alerts(platform) == [], what="the end of the alerts")
        assert {one["kind"] for one in alerts(platform, state="resolved")} == {"recording_failing", "predictions_lost"}
        assert metric(platform, "unshelf_recording_working") == 1
        assert platform.predict("texts", LONG) == [20_000]
        assert platform.records("texts")[-1]["output"] == [20_000]
