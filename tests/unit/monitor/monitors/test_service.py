"""The service of monitors: usual ones, changes, additions, and who may do what."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.actors import actor, user
from tests.support.monitored import asked
from tests.unit.monitor.monitors.conftest import BEGIN, MODEL, Stage
from tests.unit.monitor.monitors.judging.test_performance_windows import put_metric
from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound
from unshelf.contracts.monitoring.monitors import DeclaredMonitor
from unshelf.monitor.monitors.defaults import KINDS
from unshelf.monitor.monitors.judging.verdict import MonitorResult, Status, Verdict
from unshelf.monitor.monitors.monitor import MonitorKind, PerformanceMeasure
from unshelf.monitor.monitors.service import MOST_MONITORS, MonitorChange, described
from unshelf.monitor.monitors.tables import MonitorRow

ADMIN = actor("admin", id="admin", name="admin")
VIEWER = user("vera", default="viewer")


def test_every_model_has_the_usual_ones(stage: Stage) -> None:
    page = stage.monitors.list_for(VIEWER, limit=100)
    assert [(each.monitor.name, each.monitor.source, each.latest) for each in page.items] == [
        (kind, "default", None) for kind in KINDS
    ]
    assert stage.monitors.list_for(user("eve", other="viewer"), limit=100).items == []
    with pytest.raises(NotFound):
        stage.monitors.list_for(ADMIN, model="none", limit=10)


def test_a_change_is_kept_and_undone(stage: Stage) -> None:
    changed = stage.monitors.change(
        ADMIN,
        MODEL,
        "inputs",
        MonitorChange(threshold=0.2, columns=("age", "age"), window="hour", thresholds={"age": 0.3}),
    )
    assert (changed.source, changed.threshold, changed.columns, changed.window) == ("changed", 0.2, ("age",), "hour")
    assert stage.monitors.show(VIEWER, MODEL, "inputs").monitor == changed
    stage.monitors.delete(ADMIN, MODEL, "inputs")
    assert stage.monitors.show(VIEWER, MODEL, "inputs").monitor.source == "default"
    with pytest.raises(Conflict, match="every model has"):
        stage.monitors.delete(ADMIN, MODEL, "inputs")


def test_a_version_s_own_are_there_until_somebody_changes_them(stage: Stage) -> None:
    """Given a version that declares a monitor and another threshold of a usual one, then both are there; a change stays until undone."""
    stage.declared[MODEL] = [
        DeclaredMonitor(name="age-drift", columns=["age"], threshold=0.3),
        DeclaredMonitor(name="latency", kind="latency", threshold=50.0, severity="critical"),
    ]
    found = {each.monitor.name: each.monitor for each in stage.monitors.list_for(VIEWER, limit=100).items}
    assert list(found) == [*KINDS, "age-drift"]
    own, latency = found["age-drift"], found["latency"]
    assert (own.source, own.columns, own.threshold, own.window) == ("declared", ("age",), 0.3, "day")
    assert (latency.source, latency.threshold, latency.severity) == ("declared", 50.0, "critical")
    with pytest.raises(Conflict, match="that the version declares"):
        stage.monitors.delete(ADMIN, MODEL, "age-drift")
    with pytest.raises(Conflict, match="already"):
        stage.monitors.add(ADMIN, MODEL, "age-drift", "inputs", MonitorChange())
    changed = stage.monitors.change(ADMIN, MODEL, "age-drift", MonitorChange(window="hour"))
    assert (changed.source, changed.threshold, changed.columns, changed.window) == ("changed", 0.3, ("age",), "hour")
    stage.monitors.delete(ADMIN, MODEL, "age-drift")
    assert stage.monitors.show(VIEWER, MODEL, "age-drift").monitor == own
    stage.declared.clear()
    assert len(stage.monitors.list_for(VIEWER, limit=100).items) == len(KINDS)


def test_one_that_is_added_has_its_own_name_and_goes_with_its_results(stage: Stage) -> None:
    stage.monitors.add(ADMIN, MODEL, "age-drift", "inputs", MonitorChange(columns=("age",), window="hour"))
    stage.count(BEGIN, asked(100, 1))
    stage.watch.look()
    assert stage.monitors.show(VIEWER, MODEL, "age-drift").latest is not None
    with pytest.raises(Conflict, match="already"):
        stage.monitors.add(ADMIN, MODEL, "age-drift", "inputs", MonitorChange())
    stage.monitors.delete(ADMIN, MODEL, "age-drift")
    with stage.database.read() as session:
        assert stage.results.recent(session, MODEL, "age-drift", 1, most=5) == []
        assert stage.results.recent(session, MODEL, "inputs", 1, most=5)


@pytest.mark.parametrize(
    ("change", "say"),
    [
        (MonitorChange(reference="last week"), "no reference"),
        (MonitorChange(threshold=1.5), "can't be used"),
        (MonitorChange(threshold=float("nan")), "can't be used"),
        (MonitorChange(thresholds={"age": 0.0}), "can't be used"),
    ],
)
def test_what_can_t_be_watched_is_refused(stage: Stage, change: MonitorChange, say: str) -> None:
    with pytest.raises(InvalidInput, match=say):
        stage.monitors.change(ADMIN, MODEL, "inputs", change)
    assert stage.monitors.show(VIEWER, MODEL, "inputs").monitor.source == "default"


def test_versions_that_there_are_not_are_refused(stage: Stage) -> None:
    for change in (MonitorChange(version=7), MonitorChange(reference="version:7")):
        with pytest.raises(NotFound, match="has no version 7"):
            stage.monitors.change(ADMIN, MODEL, "inputs", change)


def test_names_and_their_number_have_bounds(stage: Stage) -> None:
    for name in ("", "Upper", "a b", "-a", "x" * 65):
        with pytest.raises(InvalidInput, match="may be no monitor's name"):
            stage.monitors.add(ADMIN, MODEL, name, "inputs", MonitorChange())
    for number in range(MOST_MONITORS - len(KINDS)):
        stage.monitors.add(ADMIN, MODEL, f"m{number}", "inputs", MonitorChange())
    with pytest.raises(Conflict, match="which is the most"):
        stage.monitors.add(ADMIN, MODEL, "one-more", "inputs", MonitorChange())


def test_readers_change_nothing_and_results_are_for_those_who_read_records(stage: Stage) -> None:
    for act in (
        lambda: stage.monitors.change(VIEWER, MODEL, "inputs", MonitorChange(paused=True)),
        lambda: stage.monitors.add(VIEWER, MODEL, "mine", "inputs", MonitorChange()),
        lambda: stage.monitors.delete(VIEWER, MODEL, "inputs"),
    ):
        with pytest.raises(Forbidden):
            act()
    with pytest.raises(NotFound):
        stage.monitors.change(user("eve", other="owner"), MODEL, "inputs", MonitorChange(paused=True))
    with pytest.raises(NotFound, match="has no monitor 'no-such'"):
        stage.monitors.show(VIEWER, MODEL, "no-such")


def test_what_is_a_removed_model_s_goes_with_it(stage: Stage) -> None:
    stage.monitors.change(ADMIN, MODEL, "inputs", MonitorChange(threshold=0.2))
    stage.count(BEGIN, asked(100, 1))
    stage.watch.look()
    with stage.database.transaction() as session:
        stage.subjects.removed(session, "version", [f"{MODEL}:1"])
    with stage.database.read() as session:
        assert stage.results.recent(session, MODEL, "inputs", 1, most=5) == []
    with stage.database.transaction() as session:
        stage.subjects.removed(session, "model", [MODEL])
    assert stage.monitors.show(ADMIN, MODEL, "inputs").monitor.source == "default"


def test_performance_is_watched_where_somebody_says_so(stage: Stage) -> None:
    """Given a monitor of performance, then it says what is measured; a change of one field leaves the others, and none means another
    thing than before without a word."""
    measure = {"metric": "accuracy", "relative": False, "slice": "region=north", "estimated": True}
    added = stage.monitors.add(ADMIN, MODEL, "north", "performance", MonitorChange(threshold=0.8, measure=measure))
    assert (added.source, added.window, added.threshold, added.measure) == (
        "own",
        "day",
        0.8,
        PerformanceMeasure(**measure),
    )
    changed = stage.monitors.change(ADMIN, MODEL, "north", MonitorChange(measure={"least_labels": 500}))
    assert changed.measure == PerformanceMeasure(**measure, least_labels=500)
    assert described(changed)["measure"]["slice"] == "region=north"
    with pytest.raises(InvalidInput, match="a share of the reference's measure"):
        stage.monitors.change(ADMIN, MODEL, "north", MonitorChange(measure={"relative": True}))
    stage.declared[MODEL] = [DeclaredMonitor(name="soon", kind="performance", estimated=True, threshold=0.2)]
    assert stage.monitors.show(VIEWER, MODEL, "soon").monitor.measure == PerformanceMeasure(estimated=True)
    kept = stage.monitors.change(ADMIN, MODEL, "soon", MonitorChange(window="hour"))
    assert (kept.measure, kept.threshold) == (PerformanceMeasure(estimated=True), 0.2), (
        "what the version says of it stays"
    )


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        ("performance", {"measure": {"metric": "speed"}}, "'speed' is no metric"),
        ("performance", {"measure": {"metric": "Speed"}}, "'Speed' is no metric"),
        ("performance", {"measure": {"metric": "f1", "worse": "above"}}, "of a metric of the model's own alone"),
        ("performance", {"measure": {"relative": False}}, "the worst value that is fine"),
        ("performance", {"columns": ("age",)}, "performance has no columns"),
        ("performance", {"threshold": 2.0}, "The threshold 2 of 'threshold' can't be used"),
        (
            "performance",
            {"threshold": 80.0, "measure": {"metric": "accuracy", "relative": False}},
            "The threshold 80 of 'threshold' can't be used",
        ),
        (
            "performance",
            {"threshold": 1.5, "measure": {"metric": "ndcg@10", "relative": False}},
            "The threshold 1.5 of 'threshold' can't be used",
        ),
        ("inputs", {"measure": {"metric": "accuracy"}}, "A monitor of inputs has no metric"),
    ],
)
def test_what_can_t_be_measured_is_refused(stage: Stage, kind: MonitorKind, change: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        stage.monitors.add(ADMIN, MODEL, "m", kind, MonitorChange(**change))
    assert len(stage.monitors.list_for(VIEWER, limit=100).items) == len(KINDS), "and nothing of it is kept"


def test_an_error_of_any_size_may_be_the_worst_that_is_fine(stage: Stage) -> None:
    change = MonitorChange(threshold=80.0, measure={"metric": "mae", "relative": False})
    assert stage.monitors.add(ADMIN, MODEL, "m", "performance", change).threshold == 80.0


def test_a_metric_of_the_models_own_is_watched(stage: Stage) -> None:
    """Given a metric that says which values are better, then it is watched; one that does not needs a word of the monitor."""
    put_metric(stage.database, 3.0)
    change = MonitorChange(threshold=-2.0, measure={"metric": "lost", "relative": False})
    added = stage.monitors.add(ADMIN, MODEL, "own", "performance", change)
    assert (added.threshold, added.measure.metric, added.measure.is_own) == (-2.0, "lost", True)
    with pytest.raises(InvalidInput, match="its window is a day or a week"):
        stage.monitors.change(ADMIN, MODEL, "own", MonitorChange(window="hour"))
    with pytest.raises(InvalidInput, match="lost is not estimated before labels arrive"):
        stage.monitors.change(ADMIN, MODEL, "own", MonitorChange(measure={"estimated": True}))
    put_metric(stage.database, 3.0, better="neither")
    with pytest.raises(InvalidInput, match="does not say which of its values are better") as refused:
        stage.monitors.add(ADMIN, MODEL, "other", "performance", MonitorChange(measure={"metric": "lost"}))
    assert "--worse" in refused.value.hint
    said = {"metric": "lost", "worse": "above"}
    assert (
        stage.monitors.add(ADMIN, MODEL, "other", "performance", MonitorChange(measure=said)).measure.worse == "above"
    )


def test_what_a_version_did_that_is_not_live_any_more_is_no_state(stage: Stage) -> None:
    stage.live[MODEL] = [2]
    stage.results.put([_found("inputs", 1, "ok"), _found("inputs", 2, "alarm")])
    assert _state_of(stage, "inputs") == (2, "alarm")
    stage.live[MODEL] = [1]
    assert _state_of(stage, "inputs") == (1, "ok"), "rolled back"
    stage.live[MODEL] = [1, 2]
    assert _state_of(stage, "inputs") == (2, "alarm"), "the worst of those that are live"
    stage.live[MODEL] = []
    assert _state_of(stage, "inputs") == (2, "alarm"), "nothing is live: all that were judged"
    with stage.database.transaction() as session:
        session.add(
            MonitorRow(
                model=MODEL, name="old", kind="inputs", version=2, window="day", reference="baseline", columns=[], threshold=0.1,
                thresholds={}, severity="warning", paused=False, changed_at=BEGIN, changed_by="ana",
            )
        )  # fmt: skip
    stage.results.put([_found("old", 1, "ok"), _found("old", 2, "alarm")])
    stage.live[MODEL] = [1]
    assert _state_of(stage, "old") == (2, "alarm"), "a monitor of one version shows that one"


def _found(name: str, version: int, status: Status) -> MonitorResult:
    verdict = Verdict(status=status, rows=100, value=0.5, threshold=0.1)
    return MonitorResult(
        model=MODEL, monitor=name, version=version, since=BEGIN, until=BEGIN + timedelta(days=1), complete=True,
        verdict=verdict, looks=1, judged_at=BEGIN,
    )  # fmt: skip


def _state_of(stage: Stage, name: str) -> tuple[int | None, str]:
    found = stage.monitors.show(ADMIN, MODEL, name).latest
    listed = next(
        each.latest
        for each in stage.monitors.list_for(ADMIN, model=MODEL, limit=100).items
        if each.monitor.name == name
    )
    assert found is not None
    assert listed == found, "the list says the same"
    return found.version, found.verdict.status
