"""The watch: windows are judged as they are counted, alerts come within one window, and go with the next that is fine."""

from datetime import timedelta

import pyarrow as pa
import pytest

from tests.support.actors import actor
from tests.support.monitored import asked, store_closed, store_slice
from tests.unit.monitor.monitors.conftest import BEGIN, HOUR, MODEL, Stage
from unshelf.contracts.errors import InvalidInput, NotFound
from unshelf.monitor.monitors.service import MonitorChange
from unshelf.monitor.monitors.watching import GRACE
from unshelf.monitor.windows.by_count import storing

ADMIN = actor("admin", id="admin", name="admin")
DAY = timedelta(days=1)


def judged(stage: Stage, name: str = "inputs", version: int | None = 1) -> list[tuple[str, bool]]:
    with stage.database.read() as session:
        return [
            (each.verdict.status, each.complete)
            for each in stage.results.recent(session, MODEL, name, version, most=50)
        ]


def test_drift_is_alerted_within_its_window_and_over_with_the_next_that_is_fine(stage: Stage) -> None:
    stage.count(BEGIN, asked(300, 1))
    stage.clock.moment = BEGIN + HOUR
    stage.watch.look()
    assert judged(stage) == [("ok", False)]
    assert stage.shown("inputs_drifted") == []

    stage.clock.moment = BEGIN + 3 * HOUR
    stage.count(BEGIN + 2 * HOUR, asked(900, 2, shift=12))
    stage.watch.look()
    assert judged(stage) == [("alarm", False)]
    [finding] = stage.shown("inputs_drifted")
    assert (finding.model, finding.owner, finding.action) == (MODEL, "ana", "update")
    assert finding.summary == "Inputs of credit:1 have drifted from the baseline: age."
    evidence = finding.evidence
    assert (evidence["monitor"], evidence["version"]) == ("inputs", 1)
    assert evidence["window"] == {"since": BEGIN.isoformat(), "until": (BEGIN + DAY).isoformat(), "rows": 1200}
    assert [each["column"] for each in evidence["columns"]] == ["age"]
    assert evidence["columns"][0].keys() == {"column", "measure", "value", "threshold", "say"}
    assert "mean" in evidence["columns"][0]["say"]

    stage.clock.moment = BEGIN + DAY + 2 * HOUR
    stage.count(BEGIN + DAY, asked(600, 3))
    stage.watch.look()
    assert judged(stage) == [("ok", False), ("alarm", True)]
    assert stage.shown("inputs_drifted"), "a window that is not over ends no alert"

    stage.clock.moment = BEGIN + 2 * DAY + GRACE
    stage.watch.look()
    assert judged(stage) == [("ok", True), ("alarm", True)]
    assert stage.shown("inputs_drifted") == []


def test_a_window_is_over_a_minute_after_its_end_once_all_its_records_are_counted(stage: Stage) -> None:
    """Given counted records up to the full hour, then the window is judged for good a minute later, and not an hour."""
    uncounted = {"any": True}
    stage.watch._has_uncounted = lambda _: uncounted["any"]
    stage.monitors.change(ADMIN, MODEL, "inputs", MonitorChange(window="hour"))
    stage.clock.moment = BEGIN + HOUR - timedelta(minutes=1)
    stage.count(BEGIN, asked(400, 2, shift=15))
    stage.watch.look()
    assert judged(stage) == [("alarm", False)]

    stage.clock.moment = BEGIN + HOUR + timedelta(minutes=2)
    pause = stage.watch.look()
    assert judged(stage) == [("alarm", False)], "records may still come"
    assert pause is not None and pause <= 15

    uncounted["any"] = False
    stage.watch.look()
    assert judged(stage) == [("alarm", True)]


def test_a_version_that_is_not_live_any_more_has_no_alert(stage: Stage) -> None:
    stage.count(BEGIN, asked(400, 2, shift=15))
    stage.clock.moment = BEGIN + HOUR
    stage.watch.look()
    assert stage.shown("inputs_drifted")
    stage.live[MODEL] = [2]
    stage.watch.look()
    assert stage.shown("inputs_drifted") == []


def test_a_paused_monitor_judges_nothing_and_its_alert_is_over(stage: Stage) -> None:
    stage.count(BEGIN, asked(400, 2, shift=15))
    stage.watch.look()
    assert stage.shown("inputs_drifted")
    stage.monitors.change(ADMIN, MODEL, "inputs", MonitorChange(paused=True))
    stage.watch.look()
    assert stage.shown("inputs_drifted") == []
    stage.monitors.change(ADMIN, MODEL, "inputs", MonitorChange(paused=False, threshold=0.9))
    stage.count(BEGIN + HOUR, asked(400, 3, shift=15))
    stage.watch.look()
    assert judged(stage) == [("ok", False)]


def test_what_is_so_already_is_not_written_again(stage: Stage) -> None:
    stage.count(BEGIN, asked(400, 2, shift=15))
    stage.clock.moment = BEGIN + HOUR
    stage.watch.look()
    mark = stage.database.change_mark()
    for minutes in (1, 5, 30):
        stage.clock.moment = BEGIN + HOUR + timedelta(minutes=minutes)
        assert stage.watch.look() is not None
    assert stage.database.change_mark() == mark


def test_a_window_is_judged_again_once_it_has_grown_and_its_looks_are_counted(stage: Stage) -> None:
    stage.count(BEGIN, asked(400, 1))
    stage.watch.look()
    stage.count(BEGIN, asked(20, 2))
    stage.watch.look()
    with stage.database.read() as session:
        [result] = stage.results.recent(session, MODEL, "inputs", 1, most=5)
    assert (result.verdict.rows, result.looks) == (400, 1)
    stage.count(BEGIN, asked(200, 3))
    stage.watch.look()
    with stage.database.read() as session:
        [result] = stage.results.recent(session, MODEL, "inputs", 1, most=5)
    assert (result.verdict.rows, result.looks) == (620, 2)


def test_silence_is_found_by_the_clock(stage: Stage) -> None:
    for day in range(7):
        for hour in (9, 10, 11):
            stage.count(BEGIN + day * DAY + hour * HOUR, asked(60 if day < 5 else 2, day * 24 + hour))
    stage.clock.moment = BEGIN + 7 * DAY + 9 * HOUR + GRACE + HOUR
    stage.count(BEGIN + 7 * DAY + 8 * HOUR, asked(1, 99))
    stage.watch.look()
    assert [finding.summary for finding in stage.shown("volume_unusual")] == [
        "credit is asked less than usual: 0 requests, where 60 are usual."
    ]
    stage.clock.moment += HOUR
    stage.count(BEGIN + 7 * DAY + 10 * HOUR, asked(55, 100))
    stage.watch.look()
    assert stage.shown("volume_unusual") == []


def test_nothing_is_missed_of_a_model_that_is_paused_or_not_live(stage: Stage) -> None:
    for day in range(5):
        stage.count(BEGIN + day * DAY + 9 * HOUR, asked(60, day))
    stage.live[MODEL] = []
    stage.clock.moment = BEGIN + 7 * DAY + 10 * HOUR + GRACE
    stage.watch.look()
    assert stage.shown("volume_unusual") == []


@pytest.mark.parametrize(("name", "kind"), [("errors", "errors_high"), ("latency", "latency_high")])
def test_errors_and_slow_answers_are_alerted(stage: Stage, name: str, kind: str) -> None:
    stage.count(
        BEGIN,
        asked(300, 1),
        errors={"model_error": 60} if name == "errors" else {},
        ms=4000.0 if name == "latency" else 20.0,
    )
    stage.watch.look()
    assert judged(stage, name) == [("alarm", False)]
    assert len(stage.shown(kind)) == 1


def test_damaged_data_is_alerted(stage: Stage) -> None:
    rows = asked(300, 1)
    stage.count(BEGIN, rows.set_column(0, "in:age", pa.nulls(300, pa.float64())))
    stage.watch.look()
    [finding] = stage.shown("data_damaged")
    assert "age has no values at all" in finding.summary


def test_records_of_long_ago_are_no_news(stage: Stage) -> None:
    stage.count(BEGIN, asked(400, 2, shift=15))
    stage.clock.moment = BEGIN + 30 * DAY
    stage.watch.look()
    assert judged(stage) == []


def test_at_rest_nothing_is_due(stage: Stage) -> None:
    assert stage.watch.look() is None


def closed(stage: Stage, number: int, rows: pa.Table) -> None:
    begin = BEGIN + number * HOUR
    store_closed(stage.database, MODEL, 1, number, rows, reference=stage.reference, start=begin)


def test_windows_of_predictions_are_judged_when_they_are_closed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a monitor of every 500 predictions, then each window is judged once, and an alert lasts until one that is fine."""
    monkeypatch.setattr(storing, "now", stage.clock)
    stage.monitors.change(ADMIN, MODEL, "inputs", MonitorChange(window="500"))
    with stage.database.read() as session:
        assert stage.monitors.sizes(session, MODEL) == {500}
    stage.clock.moment = BEGIN + 2 * HOUR
    closed(stage, 1, asked(500, 1))
    stage.watch.look()
    assert judged(stage) == [("ok", True)]
    stage.clock.moment = BEGIN + 30 * DAY  # however long it took
    closed(stage, 2, asked(500, 2, shift=12))
    stage.count(stage.clock.moment, asked(100, 9, shift=40))
    stage.watch.look()
    assert judged(stage) == [("alarm", True), ("ok", True)], "hours are not judged"
    [finding] = stage.shown("inputs_drifted")
    assert finding.evidence["window"]["rows"] == 500
    stage.watch.look()
    assert len(judged(stage)) == 2
    closed(stage, 3, asked(500, 3))
    stage.watch.look()
    assert judged(stage)[0] == ("ok", True)
    assert stage.shown("inputs_drifted") == []


def test_a_window_of_predictions_is_held_against_the_one_before(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storing, "now", stage.clock)
    stage.monitors.change(ADMIN, MODEL, "inputs", MonitorChange(window="500", reference="previous"))
    for number, shift in ((1, 12.0), (2, 12.0), (3, 0.0)):
        closed(stage, number, asked(500, number, shift=shift))
    report = stage.runs.run(ADMIN, MODEL, monitor="inputs")
    assert (report.judged, report.alarms) == (3, 1)
    assert judged(stage) == [("alarm", True), ("ok", True), ("not_judged", True)]
    assert stage.runs.run(ADMIN, MODEL, monitor="inputs").judged == 0
    with stage.database.read() as session:
        latest = stage.results.recent(session, MODEL, "inputs", 1, most=1)[0]
    found = stage.comparisons.of(ADMIN, MODEL, "inputs", column="age", since=latest.since, version=1)
    assert (found.against, found.since, found.until) == ("the window before", latest.since, latest.until)
    with pytest.raises(NotFound, match="not kept any more"):
        stage.comparisons.of(ADMIN, MODEL, "inputs", column="age", since=BEGIN, version=1)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("inputs", MonitorChange(window="99"), "A window is an hour"), ("inputs", MonitorChange(window="month"), "A window is an hour"),
        ("volume", MonitorChange(window="500"), "Volume is judged by time"),
        ("inputs", MonitorChange(window="500", reference="version:1"), "held against baseline or previous"),
    ],
)  # fmt: skip
def test_windows_that_can_not_be_are_refused(stage: Stage, name: str, change: MonitorChange, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        stage.monitors.change(ADMIN, MODEL, name, change)


def sliced(stage: Stage, value: str, hour: int, rows: pa.Table, *, first: bool = False) -> None:
    store_slice(
        stage.database, MODEL, f"region={value}", BEGIN + hour * HOUR, rows, reference=stage.reference, first=first
    )


@pytest.fixture
def parted(stage: Stage) -> Stage:
    """A model whose records are parted by region."""
    stage.monitors._slices_of = lambda _model: ["region"]
    return stage


def test_a_slice_that_drifts_is_alerted_though_all_rows_together_did_not(parted: Stage) -> None:
    """Given one region of two whose callers became older, then the monitor of that slice alone raises an alert, and names it."""
    parted.monitors.add(ADMIN, MODEL, "north", "inputs", MonitorChange(measure={"slice": "region=north"}))
    with parted.database.read() as session:
        assert parted.monitors.slices(session, MODEL) == {"region=north"}
    parted.count(BEGIN, asked(2000, 1))
    sliced(parted, "north", 0, asked(300, 2, region="north"))
    parted.clock.moment = BEGIN + HOUR
    parted.watch.look()
    with parted.database.read() as session:
        (result,) = parted.results.recent(session, MODEL, "north", 1, most=2)
    assert (result.verdict.status, result.verdict.reason[:32]) == ("not_judged", "There are not 1,000 rows yet whe")
    sliced(parted, "north", 24, asked(1000, 3, region="north"), first=True)
    sliced(parted, "north", 48, asked(300, 4, shift=12, region="north"))
    parted.clock.moment = BEGIN + 2 * DAY + HOUR
    parted.count(BEGIN + 2 * DAY, asked(2000, 5))
    parted.watch.look()
    assert judged(parted, "north")[0] == ("alarm", False)
    assert judged(parted, "inputs")[0][0] == "ok"
    [finding] = parted.shown("inputs_drifted")
    assert (
        "Inputs of credit:1 where region is north have drifted from the first 1,000 rows of this slice: age."
        in finding.summary
    )
    assert finding.evidence["slice"] == "region=north"


def test_a_slice_is_held_against_another_one_and_against_its_window_before(parted: Stage) -> None:
    parted.monitors.add(
        ADMIN,
        MODEL,
        "beside",
        "inputs",
        MonitorChange(measure={"slice": "region=north"}, reference="slice:region=south", columns=("age",)),
    )
    parted.monitors.add(
        ADMIN, MODEL, "before", "inputs", MonitorChange(measure={"slice": "region=north"}, reference="previous")
    )
    with parted.database.read() as session:
        assert parted.monitors.slices(session, MODEL) == {"region=north", "region=south"}
    sliced(parted, "north", 0, asked(400, 1, region="north"))
    sliced(parted, "north", 24, asked(400, 2, region="north"))
    sliced(parted, "south", 24, asked(400, 3, shift=12, region="south"))
    parted.clock.moment = BEGIN + DAY + HOUR
    parted.count(BEGIN + DAY, asked(800, 4))
    parted.watch.look()
    assert (judged(parted, "beside"), judged(parted, "before")) == ([("alarm", False)], [("ok", False)])
    [finding] = parted.shown("inputs_drifted")
    assert "from the requests where region is south" in finding.summary
    found = parted.comparisons.of(ADMIN, MODEL, "beside", column="age", since=BEGIN + DAY, version=1)
    assert found.against == "the requests where region is south"


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("inputs", MonitorChange(measure={"slice": "plan=pro"}), "'plan' is no slice of credit"),
        ("inputs", MonitorChange(measure={"slice": "north"}), "COLUMN=VALUE"),
        ("errors", MonitorChange(measure={"slice": "region=a"}), "watched for drift"),
        ("inputs", MonitorChange(measure={"slice": "region=a"}, window="500"), "an hour, a day or a week"),
        ("inputs", MonitorChange(reference="slice:region=a"), "Only a slice"),
        ("inputs", MonitorChange(measure={"slice": "region=a"}, reference="slice:region=a"), "another one than itself"),
    ],
)  # fmt: skip
def test_slices_that_can_not_be_are_refused(parted: Stage, name: str, change: MonitorChange, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        parted.monitors.change(ADMIN, MODEL, name, change)
