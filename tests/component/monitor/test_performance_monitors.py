"""Monitors of performance, from records, scores and labels to alerts: estimated first, then confirmed or ended by the labels."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support import archive
from tests.support.judged import JudgedRecords
from tests.support.labelled import ADMIN
from tests.support.windows import BEGIN, HOUR
from unshelf.contracts.records import pack_scores
from unshelf.contracts.signature import RecordedScores
from unshelf.foundation.clock import now
from unshelf.monitor.alerts.stored import AlertFilter
from unshelf.monitor.columns.column_roles import ColumnRoles
from unshelf.monitor.monitors.judging.verdict import MonitorResult
from unshelf.monitor.monitors.service import MonitorChange
from unshelf.records.labels.label import LabelSent

SCORED = msgspec.structs.replace(archive.SIGNATURE, scores=RecordedScores(method="predict_proba", classes=["0", "1"]))
SURE, UNSURE = 0.9, 0.4
WANTED = {"relative": False, "least_labels": 50}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[JudgedRecords]:
    """A classifier that was asked 200 times an hour for five hours: half of it sure, and right nine times of ten; half unsure, and right
    four times of ten. All have their labels."""
    made = JudgedRecords(tmp_path, SCORED)
    made.roles = ColumnRoles(
        prediction="output", scores="predict_proba", classes=("0", "1"), task="classification", slices=("who",)
    )
    for hour in range(7, 2, -1):
        ask(made, hour, [SURE] * 100 + [UNSURE] * 100)
        tell(made, hour, [place % 10 < 9 for place in range(100)] + [place % 10 < 4 for place in range(100)])
    yield made
    made.close()


def hour_of(back: int) -> datetime:
    """The beginning of an hour, so many before this one."""
    return now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=back)


def ask(world: JudgedRecords, back: int, confidence: list[float], who: str = "a") -> None:
    """Have a request in the archive whose rows are all answered 1, with this confidence."""
    rows = [[1.0, who]] * len(confidence)
    scores = pack_scores([[1 - each, each] for each in confidence])
    hours = (hour_of(back) - BEGIN).total_seconds() / HOUR
    world.keep(world.call(hours + 0.1, rows, id=f"h{back}{who}", answer=1, scores=scores))


def tell(world: JudgedRecords, back: int, right: list[bool], who: str = "a") -> None:
    """Send the labels of its rows."""
    labels = [LabelSent(prediction_id=f"h{back}{who}", row=row, value=int(each)) for row, each in enumerate(right)]
    world.labels.add(ADMIN, "iris", labels)


def watch(world: JudgedRecords, **measure: Any) -> None:
    world.monitors.add(
        ADMIN,
        "iris",
        "right-enough",
        "performance",
        MonitorChange(window="hour", threshold=0.6, measure=WANTED | measure),
    )


def look(world: JudgedRecords) -> list[MonitorResult]:
    """Count, join and judge what is new; what was found, the newest window first."""
    world.joined()
    world.watch.look()
    with world.database.read() as session:
        return world.results.recent(session, "iris", "right-enough", 1, most=20)


def alerts(world: JudgedRecords) -> dict[str, str]:
    kinds = ("performance_low", "performance_estimated_low")
    return {kind: alert.finding.summary for kind in kinds for alert in world.alerts.open_of(kind)}


def resolved(world: JudgedRecords, kind: str) -> list[str]:
    """Why alerts of a kind are over."""
    page = world.alerts.list_for(ADMIN, AlertFilter(state="resolved"), limit=50)
    return [each.resolved_because for each in page.items if each.finding.kind == kind]


def test_labels_that_say_it_is_worse_than_wanted_raise_an_alert_and_corrections_end_it(world: JudgedRecords) -> None:
    watch(world)
    assert {each.verdict.status for each in look(world)} == {"ok"}
    assert look(world)[0].verdict.value == 0.65
    ask(world, 1, [SURE] * 100)
    assert look(world)[0].verdict.reason == "No row of this window has a label; 50 are the least that are judged."
    tell(world, 1, [place < 30 for place in range(100)])
    newest = look(world)[0]
    assert (newest.verdict.status, newest.verdict.value, newest.verdict.rows) == ("alarm", 0.3, 100)
    assert alerts(world) == {
        "performance_low": "Answers of iris:1 are worse than wanted: accuracy is 30.0% (95 % interval 21.9% to 39.6%) of 100 labelled "
        "rows; 60.0% is the worst that is fine."
    }
    [column] = world.finding("performance_low").evidence["columns"]
    assert (column["measure"], column["value"], column["threshold"]) == ("wrong_answers", 0.7, 0.4)
    tell(world, 1, [True] * 100)
    assert look(world)[0].verdict.value == 1.0
    assert alerts(world) == {}


@pytest.mark.parametrize("right", [4, 9])
def test_an_estimated_fall_alerts_as_an_estimate_and_labels_confirm_or_end_it(world: JudgedRecords, right: int) -> None:
    """Given scores that say four of ten are right, when no label is there, then the alert says that it is an estimate; labels that say the
    same turn it into one of their own, and others end it."""
    watch(world, estimated=True)
    look(world)
    ask(world, 1, [UNSURE] * 400)
    newest = look(world)[0]
    assert (newest.verdict.status, newest.verdict.is_estimate, newest.verdict.rows) == ("alarm", True, 400)
    assert newest.verdict.value == pytest.approx(0.4, abs=0.03)
    [(kind, summary)] = alerts(world).items()
    assert kind == "performance_estimated_low"
    assert summary.startswith(
        "An estimate, before labels: answers of iris:1 are worse than wanted: accuracy is estimated at "
    )
    found = world.finding(kind)
    assert (found.evidence["estimated"], found.action) == (True, "update")
    assert "no labels say so yet" in found.advice

    tell(world, 1, [place % 10 < right for place in range(400)])
    newest = look(world)[0]
    assert (newest.verdict.is_estimate, newest.verdict.value, newest.verdict.rows) == (False, right / 10, 400)
    if right == 4:
        assert list(alerts(world)) == ["performance_low"]
        assert world.finding("performance_low").evidence["estimated"] is False
        assert resolved(world, kind) == ["Labels have come, and confirm it."]
    else:
        assert alerts(world) == {}
        assert resolved(world, kind) == ["Labels have come, and do not show it."]


def test_a_slice_is_judged_and_estimated_by_its_own_rows(world: JudgedRecords) -> None:
    """Given two slices of which one is answered unsurely, then the monitor of that one alerts; of a slice without labelled rows before, it
    says that it can't be estimated."""
    watch(world, slice="who=b", estimated=True)
    ask(world, 2, [UNSURE] * 300, who="b")
    reason = look(world)[0].verdict.reason
    assert reason == (
        "No row of this window where who is b has a label; 50 are the least that are judged. There is no estimate: too few rows of the "
        "slice before it have a label to calibrate the model's confidence there, or no scores are recorded."
    )
    tell(world, 2, [place % 10 < 4 for place in range(300)], who="b")
    ask(world, 1, [UNSURE] * 300, who="b")
    ask(world, 1, [SURE] * 300, who="a")
    newest, before = look(world)[:2]
    assert (before.verdict.is_estimate, before.verdict.value, before.verdict.columns[0].column) == (False, 0.4, "who=b")
    assert (newest.verdict.is_estimate, newest.verdict.rows) == (True, 300)
    assert newest.verdict.value == pytest.approx(0.4, abs=0.05)
    assert alerts(world)["performance_low"].startswith(
        "Answers of iris:1 where who is b are worse than wanted: accuracy is 40.0%"
    )
    assert world.finding("performance_low").evidence["slice"] == "who=b"


def test_a_fall_is_told_from_the_window_before_and_the_ninety_days_before(world: JudgedRecords) -> None:
    for reference in ("previous", "baseline"):
        world.monitors.add(
            ADMIN, "iris", f"against-{reference}", "performance",
            MonitorChange(window="hour", threshold=0.1, reference=reference, measure={"metric": "accuracy"}),
        )  # fmt: skip
    ask(world, 2, [SURE] * 400)
    tell(world, 2, [place % 10 < 2 for place in range(400)])
    world.joined()
    world.watch.look()
    with world.database.read() as session:
        found = {
            reference: world.results.recent(session, "iris", f"against-{reference}", 1, most=1)[0].verdict
            for reference in ("previous", "baseline")
        }
    assert (found["previous"].status, found["previous"].reference) == ("alarm", "the window before")
    assert (found["baseline"].status, found["baseline"].reference) == ("alarm", "the ninety days before")
    assert found["previous"].threshold == found["baseline"].threshold == pytest.approx(0.65 * 0.9)
    assert (
        "it was 65.0% in the ninety days before, and 58.5% is the worst that is fine"
        in found["baseline"].columns[0].say
    )
