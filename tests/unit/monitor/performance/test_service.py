"""Quality of any range, by step, version and slice, and for whom."""

import pytest

from tests.support.actors import user
from tests.support.labelled import ADMIN, LabelledRecords
from tests.support.windows import at
from tests.unit.monitor.performance.estimates.test_estimate import hour
from unshelf.contracts.errors import Forbidden, InvalidInput
from unshelf.foundation.access.model_scopes import place_model
from unshelf.monitor.columns.column_roles import ColumnRoles
from unshelf.monitor.performance.quality import ModelQuality
from unshelf.monitor.performance.service import question_of
from unshelf.monitor.performance.sums import QualitySums, as_plain
from unshelf.monitor.performance.tables import QualityWindowRow


def shown(world: LabelledRecords, since: float = 0, until: float = 240, **asked: object) -> ModelQuality:
    given = {"version": None} | asked
    return world.quality.show(ADMIN, question_of("iris", since=at(since), until=at(until), **given))  # type: ignore[arg-type]


def test_a_model_without_labels_says_so(world: LabelledRecords) -> None:
    found = shown(world)
    assert (found.measured.rows, found.measured.coverage, found.labels.labels) == (0, None, 0)
    assert found.notes == ["No label has arrived yet: without the truth nothing can be said of quality."]


def test_ranges_are_sums_of_hours_in_steps_with_coverage(world: LabelledRecords) -> None:
    world.keep(
        world.call(1, [[1.0, "a"]], answer=1),
        world.call(2, [[1.0, "b"]], answer=0),
        world.call(50, [[1.0, "a"]], answer=1),
    )
    world.label("p1", 1)
    world.label("p3", 0)
    world.label("later", 0)
    world.joined()
    found = shown(world, by="day")
    assert [(each.start, each.measured.rows, each.measured.labelled) for each in found.steps] == [
        (at(0), 2, 1),
        (at(48), 1, 1),
    ]
    assert found.measured.coverage == pytest.approx(2 / 3)
    assert found.measured.metrics[0].value == 0.5
    assert [(each.column, each.value, each.measured.labelled) for each in found.slices] == [
        ("who", "a", 2),
        ("who", "b", 0),
    ]
    assert [(each.truth, each.answer, each.rows) for each in found.confusion] == [("0", "1", 1), ("1", "1", 1)]
    assert (found.labels.labels, found.labels.joined, found.labels.waiting) == (3, 2, 1)
    assert any("1 of 3 labels wait" in note for note in found.notes)
    assert any(":00 UTC), or sooner" in note for note in found.notes), "it says when they are joined"
    assert any("Only 2 rows have a label" in note for note in found.notes)
    assert [each.start for each in shown(world, by="hour").steps] == [at(1), at(2), at(50)]
    assert [each.start for each in shown(world, by="week").steps] == [at(0)]
    assert shown(world, until=24).measured.rows == 2
    assert shown(world, version=2).measured.rows == 0
    assert [each.version for each in shown(world, version=2).versions] == [1]
    assert shown(world, slice="x").slices == []
    assert (shown(world, until=24).by, shown(world).by, world.quality.versions("iris")) == ("hour", "day", [1])


def test_roles_that_are_missing_are_said(world: LabelledRecords) -> None:
    world.roles = ColumnRoles(prediction="output")
    world.label("p1", 1)
    assert any("roles of the columns do not say" in note for note in shown(world).notes)


def test_it_is_for_those_who_may_read_records(world: LabelledRecords) -> None:
    with world.database.transaction() as session:
        place_model(session, "iris", "risk")
    asked = question_of("iris", None, None, None)
    assert world.quality.show(user("vera", risk="validator"), asked).name == "iris"
    with pytest.raises(Forbidden):
        world.quality.show(user("vic", risk="viewer"), asked)
    with pytest.raises(InvalidInput):
        question_of("iris", None, at(2), at(1))


def keep_confidence(world: LabelledRecords, number: int, *, labelled: int | None = None, **right: float) -> None:
    """Store an hour of a classifier that is always 90 % sure: by slice of `who`, how often it is right."""
    slices = {f"who={name}": hour(number, share, labelled=labelled) for name, share in right.items()}
    sums = {
        name: QualitySums(rows=100, labelled=each.labelled, confidence=each.confidence) for name, each in slices.items()
    }
    with world.database.transaction() as session:
        row = QualityWindowRow(model="iris", version=1, start=at(number), sums=as_plain(sums), changed_at=at(number))
        session.add(row)


def test_each_slice_is_estimated_from_its_own_rows_before(world: LabelledRecords) -> None:
    """Given a slice that is answered well and one that is not, both with the same confidence, then each is estimated as it turned out."""
    for number in range(-5, 0):
        keep_confidence(world, number, a=0.9, b=0.3)
    keep_confidence(world, -1000, new=0.9)
    keep_confidence(world, 0, labelled=0, a=0.9, b=0.3, new=0.9)
    found = {each.value: each for each in shown(world, by="day").slices}
    good, bad = found["a"].estimate, found["b"].estimate
    assert good is not None and bad is not None
    assert (good.name, good.rows, good.labelled, good.held) == ("accuracy", 100, 500, None)
    assert good.value == pytest.approx(0.9, abs=0.03) and bad.value == pytest.approx(0.3, abs=0.05)
    assert good.low > bad.high
    assert found["new"].estimate is None, "one hour of labels is too little"
    assert found["a"].measured.labelled == 0, "the estimate is no measure"
    assert {each.value for each in shown(world, slice="who").slices if each.estimate} == {"a", "b"}
