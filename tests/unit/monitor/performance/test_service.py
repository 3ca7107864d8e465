"""Quality of any range, by step, version and slice, and for whom."""

import pytest

from tests.support.actors import user
from tests.support.labelled import ADMIN, LabelledRecords
from tests.support.windows import at
from unshelf.contracts.errors import Forbidden, InvalidInput
from unshelf.foundation.access.model_scopes import place_model
from unshelf.monitor.columns.column_roles import ColumnRoles
from unshelf.monitor.performance.quality import ModelQuality
from unshelf.monitor.performance.service import question_of


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
