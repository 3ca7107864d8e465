"""The watch raises an alert when a version got worse by more than chance, and ends it when that is over."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.labelled import ADMIN, LabelledRecords
from tests.support.windows import at
from unshelf.monitor.alerts.alert import Alert, Finding
from unshelf.monitor.columns.column_roles import ColumnRoles
from unshelf.monitor.performance.metrics import Metric
from unshelf.monitor.performance.watching import PERFORMANCE_FELL, QualityWatch, is_worse
from unshelf.records.labels.label import LabelSent

NOW = at(24 * 30)


class Heard:
    """Alerts as they are reported."""

    def __init__(self) -> None:
        self.open: dict[str, Finding] = {}

    def report(self, finding: Finding) -> None:
        self.open[finding.kind] = finding

    def over(self, kind: str, _model: str) -> None:
        self.open.pop(kind, None)

    def open_of(self, kind: str) -> list[Alert]:
        return [
            Alert(id="one", finding=each, raised_at=NOW, seen_at=NOW)
            for each in self.open.values()
            if each.kind == kind
        ]


def watch(world: LabelledRecords, clock: Callable[[], datetime] = lambda: NOW) -> tuple[QualityWatch, Heard]:
    heard: Any = Heard()
    return QualityWatch(heard, world.quality, owner_of=lambda _: None, clock=clock), heard


def keep(world: LabelledRecords, hours: float, truths: list[Any], answer: Any = 1, who: str = "a") -> list[str]:
    call = world.call(hours, [[1.0, who]] * len(truths), answer=answer)
    world.keep(call)
    world.labels.add(
        ADMIN, "iris", [LabelSent(prediction_id=call.id, row=row, value=value) for row, value in enumerate(truths)]
    )
    return [call.id]


def test_an_accuracy_that_fell_raises_an_alert_and_corrections_end_it(world: LabelledRecords) -> None:
    looking, heard = watch(world)
    keep(world, 24, [1] * 190 + [0] * 10)
    (recent,) = keep(world, 24 * 28, [1] * 120 + [0] * 80)
    world.joined()
    looking.look(["iris"])
    finding = heard.open[PERFORMANCE_FELL]
    assert finding.summary == "The accuracy of iris:1 went from 95.0% to 60.0% in the last seven days."
    assert (finding.model, finding.owner, finding.severity) == ("iris", "operator", "warning")
    (column,) = finding.evidence["columns"]
    assert (column["measure"], column["value"], column["say"]) == (
        "wrong_answers", 0.4, "60.0% of 200 labelled rows, was 95.0% of 200",
    )  # fmt: skip
    assert column["threshold"] < 0.1, "larger is worse, as of other alerts"
    world.labels.add(ADMIN, "iris", [LabelSent(prediction_id=recent, row=row, value=1) for row in range(120, 200)])
    world.joined()
    looking.look(["iris"])
    assert heard.open == {}


def test_the_alert_says_since_when_and_that_stays_while_the_part_is_the_same(world: LabelledRecords) -> None:
    """Given a fall, when it is seen again days later, its window has moved and its beginning has not; of another part it begins anew."""
    moments = [NOW, NOW + timedelta(days=2), NOW + timedelta(days=2)]
    looking, heard = watch(world, lambda: moments[0])
    keep(world, 24, [1] * 290 + [0] * 10)
    keep(world, 24 * 28, [1] * 60 + [0] * 60, who="a")
    world.joined()
    looking.look(["iris"])
    first = heard.open[PERFORMANCE_FELL].evidence
    assert first["since"] == first["window"]["since"] == (NOW - timedelta(days=7)).isoformat()
    moments.pop(0)
    looking.look(["iris"])
    second = heard.open[PERFORMANCE_FELL].evidence
    assert second["window"]["since"] == (NOW - timedelta(days=5)).isoformat()
    assert second["since"] == first["since"]

    of_before = {name: value for name, value in second.items() if name != "since"}
    heard.open[PERFORMANCE_FELL] = replace(heard.open[PERFORMANCE_FELL], evidence=of_before)
    looking.look(["iris"])
    assert heard.open[PERFORMANCE_FELL].evidence["since"] == second["window"]["since"], "of a release that kept none"
    heard.open[PERFORMANCE_FELL] = replace(heard.open[PERFORMANCE_FELL], evidence={**first, "slice": "who=b"})
    looking.look(["iris"])
    assert heard.open[PERFORMANCE_FELL].evidence["since"] == second["window"]["since"], "another part"


def test_errors_of_quantities_are_judged_too_and_few_labels_are_not(world: LabelledRecords) -> None:
    world.roles = ColumnRoles(prediction="output", task="regression")
    looking, heard = watch(world)
    keep(world, 24, [1.0, 1.1, 0.9, 1.05] * 50)
    keep(world, 24 * 28, [5.0, 6.0] * 40)
    world.joined()
    looking.look(["iris"])
    assert heard.open == {}, "80 labels are too few"
    keep(world, 24 * 28 + 1, [5.0, 6.0] * 40)
    world.joined()
    looking.look(["iris"])
    assert "mean absolute error of iris:1 went from 0.0625 to 4.5" in heard.open[PERFORMANCE_FELL].summary


def test_a_slice_that_fell_is_named_though_all_together_did_not(world: LabelledRecords) -> None:
    """Given one group of two that got worse while the other, far larger, stayed, then the alert is about that group."""
    looking, heard = watch(world)
    keep(world, 24, [1] * 950 + [0] * 50, who="a")
    keep(world, 25, [1] * 142 + [0] * 8, who="b")
    keep(world, 24 * 28, [1] * 960 + [0] * 40, who="a")
    keep(world, 24 * 28 + 1, [1] * 110 + [0] * 40, who="b")
    world.joined()
    looking.look(["iris"])
    finding = heard.open[PERFORMANCE_FELL]
    assert "accuracy of iris:1 where who is b went from 94.7% to 73.3%" in finding.summary
    assert finding.evidence["slice"] == "who=b"
    keep(world, 24 * 28 + 2, [1] * 600, who="b")
    world.joined()
    looking.look(["iris"])
    assert heard.open == {}


def test_the_more_parts_are_judged_the_further_one_must_fall() -> None:
    then, since = (
        Metric(name="accuracy", value=0.9, low=0.88, high=0.92),
        Metric(name="accuracy", value=0.85, low=0.83, high=0.87),
    )
    assert is_worse(then, since) and not is_worse(then, since, among=20)


@pytest.mark.parametrize(
    ("name", "before", "after", "worse"),
    [
        ("accuracy", (0.9, 0.95), (0.7, 0.8), True), ("accuracy", (0.9, 0.95), (0.85, 0.91), False),
        ("accuracy", (0.7, 0.8), (0.9, 0.95), False), ("mae", (1.0, 2.0), (3.0, 4.0), True), ("mae", (3.0, 4.0), (1.0, 2.0), False),
    ],
)  # fmt: skip
def test_worse_is_beyond_both_intervals(
    name: str, before: tuple[float, float], after: tuple[float, float], worse: bool
) -> None:
    one, two = (Metric(name=name, value=sum(each) / 2, low=each[0], high=each[1]) for each in (before, after))
    assert is_worse(one, two) is worse
    assert not is_worse(Metric(name=name, value=1.0), two)
