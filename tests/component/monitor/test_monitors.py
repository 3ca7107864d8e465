"""Monitors over the API of a running control: drift of today is judged, shown column by column, and alerted."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.in_process import InProcessControl, in_process_control
from tests.support.monitored import KINDS, asked, store_hour
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.records.profiles.building import baseline_of

AT = "/api/v1/models/credit/monitors"


@pytest.fixture
def control(tmp_path: Path) -> Iterator[InProcessControl]:
    with in_process_control(tmp_path / "home") as running:
        running.deploy("credit")
        yield running


def answered(control: InProcessControl, verb: str, path: str, body: Any = None, **query: Any) -> Any:
    answer = control.http.request(verb, path, json=body, params=query)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


def test_drift_of_today_is_judged_and_alerted(control: InProcessControl) -> None:
    """Given records of two days, when a monitor holds today against yesterday, then it finds the column and an alert is open."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    database = SqliteDatabase(f"sqlite:///{control.home.folder}/unshelf.db")
    reference = baseline_of(asked(500, 0).to_batches, KINDS)
    for days, shift in ((1, 0.0), (0, 20.0)):
        start = today - timedelta(days=days)
        store_hour(database, "credit", 1, start, asked(300, days, shift=shift), reference=reference, counted_at=start)
    database.dispose()
    monitors = answered(control, "GET", "/api/v1/monitors")["monitors"]
    assert [each["name"] for each in monitors] == ["inputs", "outputs", "quality", "volume", "errors", "latency"]

    changed = answered(control, "PATCH", f"{AT}/inputs", {"reference": "previous"})
    assert (changed["reference"], changed["source"]) == ("previous", "changed")
    came = answered(control, "POST", f"{AT}/run", {"monitor": "inputs"})
    assert (came["judged"], came["done"]) == (2, True)

    newest, before = answered(control, "GET", f"{AT}/inputs/results")["results"]
    assert (newest["status"], newest["columns"][0]["column"], newest["complete"]) == ("alarm", "age", False)
    assert before["reason"] == "There were no requests in the window before."
    [alert] = [
        each for each in answered(control, "GET", "/api/v1/alerts")["alerts"] if each["kind"] == "inputs_drifted"
    ]
    assert alert["evidence"]["columns"][0]["column"] == "age"
    shares = answered(control, "GET", f"{AT}/inputs/comparison", column="age", since=newest["since"], version=1)[
        "parts"
    ][0]
    assert sum(shares["window"]) == pytest.approx(1.0)
    assert len(shares["labels"]) == len(shares["reference"]) == len(shares["window"])

    made = answered(control, "POST", AT, {"name": "age-drift", "columns": ["a"], "threshold": 0.9})
    assert (made["kind"], made["latest"]) == ("inputs", None)
    assert control.http.post(AT, json={"name": "age-drift"}).status_code == 409
    assert control.http.patch(f"{AT}/inputs", json={"threshold": 7}).status_code == 422
    answered(control, "DELETE", f"{AT}/age-drift")
    answered(control, "DELETE", f"{AT}/inputs")
    assert control.http.delete(f"{AT}/inputs").status_code == 409
    assert control.http.get(f"{AT}/age-drift").status_code == 404
