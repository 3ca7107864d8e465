"""Truths beside rows: the label that was received last counts, whichever names the row."""

from typing import Any

from unshelf.monitor.columns.column_roles import ColumnRoles
from unshelf.monitor.diagnosis.diagnosis import DiagnosedRows
from unshelf.monitor.diagnosis.truths import with_truths

ROLES = ColumnRoles(prediction="output", task="classification", key="who")
ROWS = DiagnosedRows(
    columns=("time", "id", "row", "out:output", "in:who"), rows=(("t", "p1", 0, 1, "k"), ("t", "p2", 0, 0, None)), truncated=False, sql="",
)  # fmt: skip


def found(by_id: dict[Any, Any], by_key: dict[str, Any], *, only_wrong: bool = False) -> DiagnosedRows:
    return with_truths(lambda _: (by_id, by_key), "iris", ROLES, ROWS, only_wrong=only_wrong)


def test_rows_without_any_label_are_left_as_they_are() -> None:
    assert found({}, {}) is ROWS
    assert found({}, {}, only_wrong=True).rows == ()


def test_the_later_of_two_labels_is_the_truth() -> None:
    shown = found({("p1", 0, False): (5, "1")}, {"k": (9, "0")})
    assert shown.columns[-2:] == ("truth", "wrong")
    assert [row[-2:] for row in shown.rows] == [(0, True), (None, None)]
    assert found({("p1", 0, True): (12, "1")}, {"k": (9, "0")}).rows[0][-2:] == (1, False)
    assert [row[1] for row in found({}, {"k": (9, '"0"')}, only_wrong=True).rows] == ["p1"]
