"""Late, duplicate and contradicting labels end in one right number: each word, and each with the others, on the road from batch to sums."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from tests.support.labelled import ADMIN, EVER, JoinsHere, LabelledRecords
from tests.support.windows import at
from unshelf.client.monitoring.labelled_rows import LabelColumns, labels_in
from unshelf.monitor.columns.column_roles import ColumnRoles
from unshelf.monitor.performance.intake import QualitySources
from unshelf.records.archive.layout import ARCHIVE
from unshelf.records.labels.label import LabelRule, LabelSent


@pytest.fixture
def world(tmp_path: Path) -> Iterator[LabelledRecords]:
    """Three predictions: of the first hour, of the third day, and one of two rows; p1 and the first row of p3 have the key `a`."""
    made = LabelledRecords(tmp_path)
    made.keep(made.call(0.1, [[1.0, "a"]], answer=1))
    made.keep(made.call(50, [[1.0, "b"]], answer=0), made.call(51, [[1.0, "a"], [2.0, "c"]], answer=1))
    yield made
    made.close()


def number(world: LabelledRecords) -> tuple[int, int, int]:
    """Rows, those with a label, and those that it says are right; the same by range and by slice."""
    sums = world.joined()
    by_hour = [slices[""] for _, slices in world.quality.windows("iris", 1, *EVER)]
    assert (sum(each.labelled for each in by_hour), sum(each.right for each in by_hour)) == (sums.labelled, sums.right)
    by_slice = world.quality.parts("iris", 1, *EVER)
    of_slices = [part for name, part in by_slice.items() if name]
    assert sum(part.labelled for part in of_slices) == sums.labelled
    return sums.rows, sums.labelled, sums.right


def send(world: LabelledRecords, *labels: dict[str, Any], source: str = "") -> tuple[int, int, int]:
    """Send a batch; how many were stored, known already, and corrections."""
    added = world.labels.add(ADMIN, "iris", [LabelSent(**label) for label in labels], source=source)
    return added.accepted, added.duplicates, added.corrected


def of(id: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"prediction_id": id, "value": value, **more}


def test_late_labels_count_in_the_window_of_their_prediction(world: LabelledRecords) -> None:
    """Given a window that was judged without labels, when one arrives days later, then it counts there, not where it arrived."""
    send(world, of("unknown", 1))
    assert number(world) == (4, 0, 0)
    send(world, of("p1", 1))
    assert number(world) == (4, 1, 1)
    assert world.quality.sums("iris", 1, at(0), at(1)).labelled == 1
    assert world.quality.sums("iris", 1, at(1), at(24 * 20)).labelled == 0


def test_a_late_label_of_records_that_are_not_kept_any_more_leaves_the_number(world: LabelledRecords) -> None:
    """Given records that were deleted for their age, when a label of one comes, a correction, or other roles, then the sums stay."""
    send(world, of("p1", 1), of("p2", 1))
    assert number(world) == (4, 2, 1)
    for file in (world.folder / ARCHIVE).rglob("*.parquet"):
        file.unlink()
    send(world, of("p1", 0), of("p3", 1, row=0))
    assert number(world) == (4, 2, 1)
    world.roles = ColumnRoles(prediction="output", task="classification", slices=("who",))
    assert number(world) == (4, 2, 1)


def test_the_same_label_twice_in_one_file_and_in_the_next_counts_once(world: LabelledRecords, tmp_path: Path) -> None:
    path = tmp_path / "truth.csv"
    path.write_text("prediction_id,label\np1,1\np2,0\np1,1\np1,1.0\n")
    batch = list(labels_in(path, LabelColumns()))
    assert send(world, *batch) == (2, 2, 0)
    assert number(world) == (4, 2, 2)
    assert send(world, *batch) == (0, 4, 0)
    assert number(world) == (4, 2, 2)


def test_of_labels_that_contradict_the_one_received_last_counts(world: LabelledRecords, tmp_path: Path) -> None:
    """In one file, of another source, and back again: each time there is one label of the prediction, and one number."""
    path = tmp_path / "truth.csv"
    path.write_text("prediction_id,label\np1,0\np1,1\n")
    assert send(world, *labels_in(path, LabelColumns()), source="file") == (2, 0, 1)
    assert number(world) == (4, 1, 1)
    assert send(world, of("p1", 0), source="audit") == (1, 0, 1)
    assert number(world) == (4, 1, 0)
    assert send(world, of("p1", 1), source="file") == (1, 0, 1)
    assert number(world) == (4, 1, 1)
    summary = world.labels.summary(ADMIN, "iris")
    assert (summary.labels, summary.joined, summary.waiting, summary.corrections) == (1, 1, 0, 3)
    history = world.labels.list_for(ADMIN, "iris", prediction_id="p1", history=True, limit=9).items
    assert [(each.value, each.source, each.is_latest) for each in history] == [
        (1, "file", True), (0, "audit", False), (1, "file", False), (0, "file", False)
    ]  # fmt: skip


def test_a_label_before_its_prediction_corrected_and_repeated_while_it_waits_counts_once_it_is_there(
    world: LabelledRecords,
) -> None:
    send(world, of("p4", 0), of("p4", 1), of("p4", 1), {"key": "late", "value": 0})
    assert number(world) == (4, 0, 0)
    assert world.labels.summary(ADMIN, "iris").waiting == 2
    world.keep(world.call(70, [[1.0, "d"]], answer=1), world.call(71, [[1.0, "late"]], answer=1))
    assert number(world) == (6, 2, 1)
    assert world.labels.summary(ADMIN, "iris").waiting == 0


def test_a_label_by_key_is_of_all_predictions_with_the_key_and_one_by_id_corrects_one_of_them(
    world: LabelledRecords,
) -> None:
    """`a` is the key of p1 and of the first row of p3: whichever label of a row was received last counts, whatever it names."""
    send(world, {"key": "a", "value": 0})
    assert number(world) == (4, 2, 0)
    send(world, {"key": "a", "value": 0}, of("p3", 1, row=0))
    assert number(world) == (4, 2, 1)
    send(world, {"key": "a", "value": 1})
    assert number(world) == (4, 2, 2), "also of p3, whose own label is older"
    send(world, of("p1", 0), of("p1", 0, row=0))
    assert number(world) == (4, 2, 1), "a label without a row and one of row 0 are of the same row"
    send(world, {"key": "p1", "value": 1})
    assert number(world) == (4, 2, 1), "a key that reads as an id is none"
    world.keep(world.call(90, [[9.0, "a"]], answer=0))
    assert number(world) == (5, 3, 1), "a prediction after the label of its key has it too"


def test_labels_that_cannot_be_right_are_counted_apart_and_never_as_wrong(world: LabelledRecords) -> None:
    """Of a request of several rows a label without a row is of none; of one that failed there is no answer to hold it against."""
    send(world, of("p3", 0), of("p9", 1))
    world.keep(world.call(95, [[1.0, "a"]], id="p9", status=500))
    sums = world.joined()
    assert (sums.rows, sums.labelled, sums.ambiguous) == (4, 0, 1)
    send(world, of("p3", 0, row=1))
    sums = world.joined()
    assert (sums.rows, sums.labelled, sums.right) == (4, 1, 0)


def test_a_correction_across_the_kinds_of_a_value_is_of_the_same_class(world: LabelledRecords) -> None:
    for value, right in ((1, 1), (1.0, 1), ("1", 1), (True, 1), ("0", 0), (0.0, 0)):
        send(world, of("p1", value))
        assert number(world) == (4, 1, right), value


def test_quantities_have_one_error_after_late_duplicate_and_contradicting_labels(world: LabelledRecords) -> None:
    world.roles, world.rule = ColumnRoles(prediction="output", task="regression"), LabelRule(kind="number")
    number_of = lambda: world.joined().numbers  # noqa: E731
    send(world, of("p1", 3.0), of("p1", 3), of("p2", 0.5))
    first = number_of()
    assert first is not None and (first.rows, first.absolute) == (2, 2.5)
    send(world, of("p1", 1.5), of("p2", 0.5))
    second = number_of()
    assert second is not None and (second.rows, second.absolute, second.errors) == (2, 1.0, -1.0)


def test_late_duplicates_and_contradictions_over_two_controls_end_in_the_same_number(world: LabelledRecords) -> None:
    """Given two controls that take labels and join them in turns, then either of them reads the same, and so does a fresh join."""
    sources = QualitySources(
        predictions=world.folder, setting="files", s3_endpoint="", run=world.run, roles_of=lambda *_: world.roles
    )
    other = JoinsHere(world.database, sources, world.loops)
    send(world, of("p1", 0), of("p2", 1))
    assert number(world) == (4, 2, 0)
    send(world, of("p1", 1), {"key": "c", "value": 1}, of("p2", 1), source="b")
    other.join_all()
    assert number(world) == (4, 3, 2)
    before = asdict(world.labels.summary(ADMIN, "iris"))
    world.roles = ColumnRoles(prediction="output", task="classification", key="who", slices=("who", "x"))
    other.join_all()
    assert world.quality.sums("iris", None, *EVER).labelled == 3
    assert asdict(world.labels.summary(ADMIN, "iris")) == before
