"""A model that is watched, as its maker meets it: callers' rows change at a known moment, and an alert names the columns in time."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import pandas
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import unshelf
from tests.support.platform import Platform, running_platform
from tests.support.waiting import wait_until
from unshelf.client.client import Client

MODEL = "tumours"
TRAINED = 300
WINDOW = 100
"""Predictions of a window of the monitor that is watched beside those that every model has."""
SEGMENT = "16384"
"""Bytes at which a file of records is closed, as under load; unless that is said, a gateway closes it at the full hour."""
PER_SEGMENT = 30
"""More predictions than the file has that is open: the last that are not counted yet."""
SCANNED = ["mean texture", "worst smoothness"]
"""The columns that the scanner measures larger from a moment on."""
SECONDS = 120.0
DAY = timedelta(days=1)


class Traffic:
    """Callers who ask about one tumour after the other, and how often."""

    def __init__(self, client: Client, rows: pandas.DataFrame) -> None:
        self._client = client
        self._rows = rows
        self.sent = 0

    def send(self, count: int, *, larger: float = 1.0) -> None:
        """Ask about as many tumours; `larger`: the factor by which the scanner is wrong."""
        scanned = self._rows.assign(**{name: self._rows[name] * larger for name in SCANNED})
        rows = self._endless(scanned)
        for _ in range(count):
            (answer,) = self._client.predict(MODEL, next(rows))
            assert answer in (0, 1)
        self.sent += count

    def _endless(self, rows: pandas.DataFrame) -> Iterator[pandas.DataFrame]:
        """The rows one by one, from that after the last that was asked about."""
        begin = self.sent % len(rows)
        order = [*range(begin, len(rows)), *range(begin)]
        return (rows.iloc[[place]] for place in cycle(order))


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    with running_platform(tmp_path / "home", gateways="1", segment_bytes=SEGMENT) as running:
        yield running


@pytest.fixture
def client(platform: Platform) -> Iterator[Client]:
    with Client(platform.url, platform.token) as made:
        yield made


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def judged(client: Client, monitor: str, enough: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
    """What a monitor found, the oldest window first, once that is enough."""
    return wait_until(
        lambda: (found := client.monitor_results(MODEL, monitor)[::-1]) and enough(found) and found,
        what=f"the monitor {monitor} has judged", seconds=SECONDS,
    )  # fmt: skip


def bad_columns(result: dict[str, Any]) -> set[str]:
    return {each["column"] for each in result["columns"] if each["bad"]}


def drift_alerts(client: Client) -> list[dict[str, Any]]:
    return [each for each in client.alerts(model=MODEL) if each["kind"] == "inputs_drifted"]


@pytest.mark.parametrize("reference", ["training data", pytest.param("first requests", marks=pytest.mark.long)])
def test_drift_in_live_traffic_is_alerted_within_the_window_in_which_it_begins(
    platform: Platform, client: Client, reference: str
) -> None:
    """Given a classifier that was deployed as anybody deploys one, and callers whose rows are like those that it was trained on, when the
    scanner measures two columns larger from a moment on, then an alert names these two within the day in which that began, which is the
    window that every model is watched by; and of windows of 100 predictions the first that began after the moment is in alarm.

    Everything is live, by the clock of the machine. Files of records are closed at 16 KiB, as they are under load, in place of the full
    hour. `reference`: with training data, drift is measured from these, else from the first 1,000 requests."""
    frame, answers = load_breast_cancer(return_X_y=True, as_frame=True)
    frame = frame.sample(frac=1, random_state=1)
    trained, asked = frame.head(TRAINED), frame.tail(len(frame) - TRAINED)
    classifier = make_pipeline(StandardScaler(), LogisticRegression()).fit(trained, answers.loc[trained.index])
    more = {"baseline": trained} if reference == "training data" else {}
    unshelf.deploy(
        classifier, name=MODEL, example=trained.head(5), url=platform.url, token=platform.token, progress=False, **more
    )
    client.add_monitor(MODEL, "of-hundred", "inputs", window=str(WINDOW))
    traffic = Traffic(client, asked)

    # Given
    traffic.send((2 if more else 12) * WINDOW + PER_SEGMENT)
    before = judged(client, "of-hundred", lambda found: len(found) >= traffic.sent // WINDOW)
    assert {each["status"] for each in before} <= {"ok", "not_judged"}
    assert before[-1]["status"] == "ok"
    assert judged(client, "inputs", lambda found: found[-1]["status"] != "not_judged")[-1]["status"] == "ok"
    assert drift_alerts(client) == []

    # When
    began = datetime.now(UTC)
    traffic.send(traffic.sent, larger=1.5)  # as many again: the day's window has both

    # Then
    (alert,) = wait_until(lambda: drift_alerts(client), what="an alert", seconds=SECONDS)
    assert moment(alert["raised_at"]) < began.replace(hour=0, minute=0, second=0, microsecond=0) + DAY + timedelta(
        minutes=5
    )
    whole = judged(client, "of-hundred", lambda found: any(moment(each["since"]) >= began for each in found))
    after = next(each for each in whole if moment(each["since"]) >= began)
    assert after["status"] == "alarm"
    assert bad_columns(after) == set(SCANNED)
    day = judged(client, "inputs", lambda found: bad_columns(found[-1]) == set(SCANNED))[-1]
    assert day["status"] == "alarm"
    assert moment(day["since"]) <= moment(alert["raised_at"])
    wait_until(
        lambda: {each["column"] for each in drift_alerts(client)[0]["evidence"]["columns"]} == set(SCANNED),
        what="the alert names both columns, and no other", seconds=SECONDS,
    )  # fmt: skip
    (alert,) = drift_alerts(client)
    assert alert["summary"].startswith(f"Inputs of {MODEL}:1 have drifted from")
