"""Faults of rows are named by row and column, at most twenty."""

from typing import Any

import pytest

from tests.support.signatures import columns
from tests.support.worker_inputs import refused
from unshelf.worker.errors import RequestRefused
from unshelf.worker.inputs import plan_inputs
from unshelf.worker.inputs.columns import MAX_ERRORS
from unshelf.worker.inputs.memory import ArrayMemory


class TestFaults:
    SIGNATURE = columns("numpy", a="float64", b="float64")

    @pytest.mark.parametrize("rows", [None, 1, "rows", {}, {"a": [1]}, [], True])
    def test_rows_must_be_a_list_with_something_in_it(self, rows: Any) -> None:
        refused(self.SIGNATURE, rows)

    def test_missing_and_extra_columns_are_named(self) -> None:
        errors = refused(self.SIGNATURE, [{"a": 1, "c": 3}])
        assert [(error["row"], error["column"], error["expected"]) for error in errors] == [
            (0, "b", "float64"),
            (0, "c", "no column of this name"),
        ]

    def test_a_nullable_column_must_be_there_all_the_same(self) -> None:
        assert refused(columns("dicts", a="string?"), [{}])[0]["column"] == "a"

    @pytest.mark.parametrize("row", [[1], [1, 2, 3], 5, "x", None, [[1, 2], [3, 4]]])
    def test_a_row_of_another_shape_is_named(self, row: Any) -> None:
        assert refused(self.SIGNATURE, [[1, 2], row])[0]["row"] == 1

    def test_arrays_and_objects_do_not_mix(self) -> None:
        assert refused(self.SIGNATURE, [[1, 2], {"a": 1, "b": 2}])[0]["row"] == 1

    def test_faults_of_every_kind_are_told_together(self) -> None:
        rows = [{"a": 1, "b": 2}, {"a": "x", "b": 2}, {"b": 1}, {"a": 1, "b": 2, "c": 0}]
        assert [(error["row"], error["column"]) for error in refused(self.SIGNATURE, rows)] == [
            (1, "a"),
            (2, "a"),
            (3, "c"),
        ]

    def test_there_are_at_most_twenty_errors(self) -> None:
        assert len(refused(self.SIGNATURE, [["x", "y"]] * 1000)) == MAX_ERRORS

    def test_what_came_is_shown_short(self) -> None:
        assert len(refused(self.SIGNATURE, [["x" * 100_000, 1]])[0]["got"]) < 100

    def test_half_a_surrogate_pair_is_no_text(self) -> None:
        assert refused(columns("pandas", a="string"), [["\ud800"]])[0]["expected"] == "string"


NAMED = columns("dicts", age="int64", city="string")


@pytest.mark.parametrize(
    ("row", "hint"),
    [
        ({"age;city": "1;Gent"}, "The fields seem to be separated by ';': write the CSV with commas."),
        ({"age\tcity": "1\tGent"}, r"The fields seem to be separated by '\t': write the CSV with commas."),
        ({"": 0, "age": 1, "city": "Gent"}, "(in pandas, `to_csv(index=False)`)"),
        ({"age": 1, " City": "Gent"}, "Did you mean 'city'?"),
        ({"agee": 1, "city": "Gent"}, "Did you mean 'age'?"),
        ({"age": 1}, "The columns: age (int64), city (string)."),
        ({"age": 1, "city": "Gent", "zzz": 0}, "The columns: age"),
    ],
)
def test_the_hint_for_wrong_columns_names_the_slip(row: dict[str, Any], hint: str) -> None:
    with pytest.raises(RequestRefused) as caught:
        plan_inputs(NAMED, ArrayMemory()).from_rows([row])
    assert hint in caught.value.hint


def test_a_wrong_value_needs_no_list_of_the_columns() -> None:
    with pytest.raises(RequestRefused) as caught:
        plan_inputs(NAMED, ArrayMemory()).from_rows([{"age": "x", "city": "Gent"}])
    assert caught.value.hint == ""


def test_of_many_columns_the_hint_names_the_first() -> None:
    many = columns("dicts", **{f"c{number}": "int64" for number in range(30)})
    with pytest.raises(RequestRefused) as caught:
        plan_inputs(many, ArrayMemory()).from_rows([{"c0": 1}])
    assert caught.value.hint.endswith("c19 (int64) and 10 more.")
