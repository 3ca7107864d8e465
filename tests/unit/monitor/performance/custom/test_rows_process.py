"""Labelled rows of a day are found in the archive and laid out for a function."""

from tests.support.labelled import LabelledRecords
from tests.support.windows import LIMITS
from unshelf.monitor.columns.column_roles import ColumnRoles
from unshelf.monitor.performance.custom.messages import DayRowsOrder, DayRowsOrders, DayRowsWritten
from unshelf.monitor.performance.custom.rows_process import carry_out
from unshelf.monitor.performance.intake import join_roles
from unshelf.monitor.performance.labels_file import write_labels
from unshelf.records.labels.service import days_around, labels_of
from unshelf.worker.metrics.day_rows import DayRows, read_day

DAY = "2026-11-02"


def laid_out(world: LabelledRecords, *, most: int = 1000) -> tuple[DayRowsWritten, DayRows | None]:
    world.joined()
    roles = join_roles(world.roles)
    assert roles is not None
    scratch = world.run
    with world.database.read() as session:
        write_labels(scratch / "a.arrow", labels_of(session, "iris", [""]))
        write_labels(scratch / "b.arrow", labels_of(session, "iris", days_around(DAY)))
    day = DayRowsOrder(model="iris", version=1, day=DAY, roles=roles, labels=["a.arrow", "b.arrow"], most_rows=most)
    order = DayRowsOrders(
        folder=str(world.folder), predictions="files", s3_endpoint="", scratch=str(scratch), limits=LIMITS, days=[day]
    )
    (done,) = carry_out(order).days  # type: ignore[union-attr]
    return done, read_day(scratch / f"{DAY}.npz") if done.used else None


def test_rows_with_a_label_are_laid_out_with_their_inputs_and_slices(world: LabelledRecords) -> None:
    calls = [world.call(1, [[1.5, "a"], [2.5, "b"]], answer=1), world.call(2, [[3.5, "a"]], answer=2), world.call(3)]
    world.keep(*calls)
    world.label("p1", 1, row=0)
    world.label("p1", "2", row=1)
    world.label("p2", 2)
    done, day = laid_out(world)
    assert (done.labelled, done.used, done.left_out, done.problem) == (3, 3, [], "")
    assert day is not None
    assert day.truth.dtype.kind == day.prediction.dtype.kind == "i"
    assert (day.truth.tolist(), day.prediction.tolist()) == ([1, 2, 2], [1, 1, 2])
    table = day.table(day.all())
    assert (table["x"].tolist(), table["who"].tolist()) == ([1.5, 2.5, 3.5], ["a", "b", "a"])
    assert [name for name, _ in day.slices()] == ["who=a", "who=b"]


def test_a_label_that_is_none_of_the_answers_kind_is_left_out(world: LabelledRecords) -> None:
    world.keep(world.call(1), world.call(2))
    world.label("p1", "maybe")
    world.label("p2", 1)
    done, day = laid_out(world)
    assert day is not None and (done.labelled, done.used) == (2, 1)
    world.roles = ColumnRoles(prediction="output", task="regression")
    world.label("p1", "1.5")
    _, day = laid_out(world)
    assert day is not None and (day.truth.tolist(), day.truth.dtype.kind) == ([1.0], "f")


def test_a_day_without_labels_has_no_file(world: LabelledRecords) -> None:
    world.keep(world.call(1))
    world.label("other", 1)
    assert laid_out(world) == (DayRowsWritten(day=DAY), None)


def test_of_many_rows_a_sample_is_taken_that_is_the_same_each_time(world: LabelledRecords) -> None:
    for number in range(6):
        world.keep(world.call(number, [[float(number), str(each % 7)] for each in range(50)]))
    for key in range(7):
        world.label_key(str(key), 1)
    first, day = laid_out(world, most=40)
    assert (first.labelled, first.used) == (300, 40)
    assert day is not None and len(set(day.table(day.all())["x"].tolist())) > 3, "of the whole day"
    _, again = laid_out(world, most=40)
    assert again is not None and again.table(again.all())["x"].tolist() == day.table(day.all())["x"].tolist()
