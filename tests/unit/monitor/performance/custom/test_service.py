"""Metrics have versions, are set by those who may, and their values stand among the measures."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.actors import user
from tests.support.labelled import ADMIN, EVER, LabelledRecords
from tests.support.windows import at
from unshelf.contracts.errors import Forbidden, InvalidInput, NotFound
from unshelf.foundation.access.model_scopes import place_model
from unshelf.foundation.clock import now
from unshelf.monitor.alerts.alert import Finding
from unshelf.monitor.performance.custom.metric import MetricDefinition
from unshelf.monitor.performance.custom.service import MOST_METRICS, CustomMetricService, forget_removed
from unshelf.monitor.performance.custom.tables import CustomMetricDayRow, CustomMetricRunRow
from unshelf.monitor.performance.service import question_of
from unshelf.monitor.performance.watching import QualityWatch

CODE = "def lost(truth, prediction, rows):\n    return 1\n"


class Heard:
    """Events and alerts as they are recorded."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.open: list[Finding] = []

    def record(self, _session: object, _actor: object, action: str, *_: object, **__: object) -> None:
        self.events.append(action)

    def report(self, finding: Finding) -> None:
        self.open = [finding]

    def over(self, _kind: str, _model: str) -> None:
        self.open = []

    def open_of(self, _kind: str) -> list[Any]:
        """Return alerts of a kind as far as their findings are looked at."""
        return [SimpleNamespace(finding=each) for each in self.open]


def service(world: LabelledRecords, heard: Heard) -> CustomMetricService:
    return CustomMetricService(world.database, heard, lambda _: None, lambda _: None)  # type: ignore[arg-type]


def lost(code: str = CODE, **more: Any) -> MetricDefinition:
    return MetricDefinition(code=code, function="lost", **more)


def keep_value(
    world: LabelledRecords, day: str, value: float, *, number: int = 1, slice: str = "", problem: str = ""
) -> None:
    parts = {
        name: {"value": value, "low": value - 0.1, "high": value + 0.1, "spread": 0.05, "rows": 200}
        for name in {"", slice}
    }
    with world.database.transaction() as session:
        session.merge(
            CustomMetricDayRow(
                model="iris", version=1, metric="lost", day=day, number=number, stamp="", labelled=200,
                parts={} if problem else parts, problem=problem, note="", seconds=1.0, evaluated_at=now(),
            )
        )  # fmt: skip


def test_each_change_is_a_version_and_what_is_so_already_is_none(world: LabelledRecords) -> None:
    heard = Heard()
    metrics = service(world, heard)
    changed: list[str] = []
    metrics.on_change(changed.append)
    assert metrics.set(ADMIN, "iris", "lost", lost()).number == 1
    assert metrics.set(ADMIN, "iris", "lost", lost()).number == 1
    assert metrics.set(ADMIN, "iris", "lost", lost(better="lower")).number == 2
    state, versions = metrics.show(ADMIN, "iris", "lost")
    assert (state.days, state.problem, [each.number for each in versions]) == (0, "", [2, 1])
    metrics.remove(ADMIN, "iris", "lost")
    assert metrics.list_for(ADMIN, "iris") == []
    with pytest.raises(NotFound, match="has no metric 'lost'"):
        metrics.show(ADMIN, "iris", "lost")
    with pytest.raises(NotFound):
        metrics.remove(ADMIN, "iris", "lost")
    assert metrics.set(ADMIN, "iris", "lost", lost()).number == 3, "numbers are not given again"
    assert heard.events == ["model.metric_set", "model.metric_set", "model.metric_removed", "model.metric_set"]
    assert changed == ["iris"] * 4


def test_who_may_not_read_records_may_set_none(world: LabelledRecords) -> None:
    metrics = service(world, Heard())
    with world.database.transaction() as session:
        place_model(session, "iris", "default")
    with pytest.raises((Forbidden, NotFound)):
        metrics.set(user("eve"), "iris", "lost", lost())
    assert metrics.list_for(ADMIN, "iris") == []


def test_there_is_a_bound_on_them(world: LabelledRecords) -> None:
    metrics = service(world, Heard())
    for number in range(MOST_METRICS):
        metrics.set(ADMIN, "iris", f"lost{number}", lost())
    with pytest.raises(InvalidInput, match="at most 20"):
        metrics.set(ADMIN, "iris", "one_more", lost())


def test_values_stand_among_the_measures_of_their_days_and_slices(world: LabelledRecords) -> None:
    world.keep(world.call(1), world.call(25, [[1.0, "b"]]))
    world.label("p1", 1)
    world.label("p2", 1)
    world.joined()
    metrics = service(world, Heard())
    metrics.set(ADMIN, "iris", "lost", lost())
    keep_value(world, "2026-11-02", 1.0, slice="who=a")
    keep_value(world, "2026-11-03", 3.0)
    keep_value(world, "2026-11-04", 99.0, number=7)
    found = world.quality.show(ADMIN, question_of("iris", None, *EVER, by="day"))
    total = next(each for each in found.measured.metrics if each.custom)
    assert (total.name, total.value) == ("lost", 2.0)
    assert [step.measured.metrics[-1].value for step in found.steps] == [1.0, 3.0]
    slices = {each.value: [metric.value for metric in each.measured.metrics if metric.custom] for each in found.slices}
    assert slices == {"a": [1.0], "b": []}
    assert [each.measured.metrics[-1].name for each in found.versions] == ["lost"]
    by_hour = world.quality.show(ADMIN, question_of("iris", None, *EVER, by="hour"))
    assert not any(metric.custom for step in by_hour.steps for metric in step.measured.metrics)
    keep_value(world, "2026-11-03", 0.0, problem="It returned nan, not a finite number.")
    (state,) = metrics.list_for(ADMIN, "iris")
    assert (state.problem_days, state.problem) == (1, "It returned nan, not a finite number.")
    notes = world.quality.show(ADMIN, question_of("iris", 1, *EVER)).notes
    assert any("lost has no value of its newest day. It returned nan" in note for note in notes)


def test_a_metric_that_got_worse_raises_the_alert_where_it_is_known_what_is_better(world: LabelledRecords) -> None:
    heard: Any = Heard()
    metrics = service(world, heard)
    watch = QualityWatch(heard, world.quality, owner_of=lambda _: None, clock=lambda: at(24 * 30))
    world.keep(world.call(1))
    world.label("p1", 1)
    world.joined()
    metrics.set(ADMIN, "iris", "lost", lost())
    keep_value(world, "2026-11-05", 1.0, slice="who=a")
    keep_value(world, "2026-11-30", 3.0, slice="who=a")
    watch.look(["iris"])
    assert heard.open == []
    metrics.set(ADMIN, "iris", "lost", lost(better="lower"))
    for day, value in (("2026-11-05", 1.0), ("2026-11-30", 3.0)):
        keep_value(world, day, value, number=2, slice="who=a")
    watch.look(["iris"])
    (finding,) = heard.open
    assert "The lost of iris:1 went from 1 to 3 in the last seven days." in finding.summary
    (column,) = finding.evidence["columns"]
    assert (column["measure"], column["value"], column["threshold"]) == ("lost", 3.0, 1.1)
    keep_value(world, "2026-11-30", 1.05, number=2)
    watch.look(["iris"])
    assert heard.open == []


def test_a_removed_model_leaves_no_metrics_to_the_next_one_of_its_name(world: LabelledRecords) -> None:
    metrics = service(world, Heard())
    metrics.set(ADMIN, "iris", "lost", lost())
    keep_value(world, "2026-11-02", 1.0)
    with world.database.transaction() as session:
        session.add(
            CustomMetricRunRow(
                id="R", model="iris", version=1, metric="lost", number=1, days={}, files=[], job=None, created_at=now()
            )
        )
        forget_removed(session, "version", ["iris"])
    assert metrics.list_for(ADMIN, "iris")[0].days == 1
    with world.database.transaction() as session:
        forget_removed(session, "model", ["iris"])
        assert session.get(CustomMetricRunRow, "R") is None
    assert metrics.list_for(ADMIN, "iris") == []
    assert metrics.set(ADMIN, "iris", "lost", lost()).number == 1
