"""Arrow schemas of records."""

import struct

import pytest

from tests.support.segments import record
from unshelf.contracts.records import PredictionRecord, sheet_from
from unshelf.contracts.signature import Column, Columns, RecordedScores, Signature
from unshelf.records.archive.arrow_schemas import (
    FACTS,
    OFFSET,
    SCORES,
    SEGMENT,
    Tables,
    record_of,
    schema_of,
    scores_of,
)

SIGNATURE = Signature(
    inputs=Columns(columns=[Column(name="x", type="float64")]),
    scores=RecordedScores(method="predict_proba", classes=["no", "yes"]),
)


def scores(*numbers: float, classes: int = 2) -> bytes:
    return struct.pack(f"<I{len(numbers)}f", classes, *numbers)


def test_every_fact_of_a_record_has_its_column() -> None:
    assert set(FACTS) - {SEGMENT, OFFSET, "time"} == set(PredictionRecord.__struct_fields__) - {"time_ns", SCORES}


def test_scores_are_a_list_a_row_and_come_back_as_they_were() -> None:
    """Given records of two rows, none, and one row, then each has its own numbers, and null where there are none."""
    given = [scores(0.25, 0.75, 1.0, 0.0), b"", scores(0.5, 0.5)]
    sheets = [sheet_from(record(number, scores=each)) for number, each in enumerate(given)]
    table = Tables(SIGNATURE).table("s", [0, 1, 2], sheets)
    assert table.column(SCORES).to_pylist() == [[[0.25, 0.75], [1.0, 0.0]], None, [[0.5, 0.5]]]
    rows = [{**row, "time": 0} for row in table.select([*FACTS, SCORES]).to_pylist()]
    assert [record_of(row).scores for row in rows] == given
    assert [scores_of(record_of(row)) for row in rows] == [[[0.25, 0.75], [1.0, 0.0]], None, [[0.5, 0.5]]]


@pytest.mark.parametrize("strange", [scores(0.1, 0.2, 0.7, classes=3), scores(0.1), b"abc", scores()])
def test_scores_of_other_classes_are_left_out(strange: bytes) -> None:
    table = Tables(SIGNATURE).table("s", [0], [sheet_from(record(1, scores=strange))])
    assert table.column(SCORES).to_pylist() == [None]


def test_versions_that_record_no_scores_have_no_column_of_them() -> None:
    assert SCORES not in schema_of(None).names
    assert SCORES not in schema_of(Signature(inputs=SIGNATURE.inputs)).names
