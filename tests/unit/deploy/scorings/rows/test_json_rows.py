"""Rows become the JSON that a caller sends: types, missing values, moments, large integers, and what a version lacks."""

import json
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.signature import Column, Columns, Signature, Tensor, Tensors
from unshelf.deploy.scorings.rows.json_rows import RowWriter


def taking(*columns: Column, container: Any = "pandas") -> Signature:
    return Signature(inputs=Columns(columns=list(columns), container=container))


def rows(signature: Signature, table: dict[str, Any], *, from_text: bool = False) -> Any:
    made = pa.table(table)
    return json.loads(RowWriter(signature, made.column_names, from_text=from_text).json(made))


def test_columns_are_written_in_the_order_of_the_signature_and_others_are_left_out() -> None:
    signature = taking(Column(name="b", type="int64"), Column(name="a", type="string"))
    writer = RowWriter(signature, ["a", "id", "b"], from_text=False)
    assert writer.unused == ["id"]
    assert rows(signature, {"a": ["x", "y"], "id": [1, 2], "b": [3, 4]}) == [[3, "x"], [4, "y"]]


def test_a_missing_column_is_named_with_those_that_there_are() -> None:
    with pytest.raises(InvalidInput, match="'age'") as refused:
        RowWriter(taking(Column(name="age", type="int64")), ["Age", "id"], from_text=False)
    assert "'Age', 'id'" in refused.value.hint


def test_columns_that_may_be_left_out_are_and_rows_are_objects_then() -> None:
    signature = taking(Column(name="a", type="int64"), Column(name="b", type="int64", default=7))
    assert rows(signature, {"a": [1]}) == [{"a": 1}]


def test_the_only_value_of_a_row_goes_by_its_name() -> None:
    signature = taking(Column(name="text", type="string"), container="values")
    assert rows(signature, {"text": ["a", None]}) == [{"text": "a"}, {"text": None}]


def test_categories_are_their_values() -> None:
    values = pa.array(["ä", None]).dictionary_encode()
    assert rows(taking(Column(name="x", type="string")), {"x": values}) == [["ä"], [None]]


def test_whole_decimals_of_a_column_of_integers_keep_all_digits() -> None:
    large = Decimal(2**63 + 5)
    signature = taking(Column(name="n", type="uint64"))
    assert rows(signature, {"n": pa.array([large, Decimal("1.5")], pa.decimal128(38, 1))}) == [[2**63 + 5], [1.5]]


def test_an_integer_beyond_64_bits_is_written_for_the_version_to_refuse() -> None:
    signature = taking(Column(name="n", type="int64"))
    assert rows(signature, {"n": pa.array([Decimal(2**80)], pa.decimal128(38, 0))}) == [[2**80]]


def test_texts_of_csv_stand_for_numbers_and_stay_texts_where_they_stand_for_none() -> None:
    signature = taking(Column(name="x", type="float64"), Column(name="n", type="int64"), Column(name="b", type="bool"))
    table = {
        "x": ["1.5", " inf", "abc", None],
        "n": ["9007199254740993", "1.5", "", "7"],
        "b": ["TRUE", "false", "yes", None],
    }
    assert rows(signature, table, from_text=True) == [
        [1.5, 9007199254740993, True], ["Infinity", 1.5, False], ["abc", "", "yes"], [None, 7, None],
    ]  # fmt: skip


def test_texts_of_other_files_stay_what_they_are() -> None:
    assert rows(taking(Column(name="x", type="float64")), {"x": ["1.5"]}) == [["1.5"]]


def test_a_tensor_is_a_column_of_lists_or_all_columns_of_the_table() -> None:
    signature = Signature(inputs=Tensors(tensors=[Tensor(name="x", type="float64", shape=[-1, 2])]))
    assert rows(signature, {"x": [[1.0, 2.0], [3.0, 4.0]]}) == [[1.0, 2.0], [3.0, 4.0]]
    assert rows(signature, {"a": [1.0, 3.0], "b": [2.0, 4.0]}) == [[1.0, 2.0], [3.0, 4.0]]
    with pytest.raises(InvalidInput, match="rows of 2 values, and the data has 3 columns"):
        rows(signature, {"a": [1.0], "b": [2.0], "c": [3.0]})


def test_several_tensors_go_by_their_names() -> None:
    tensors = [Tensor(name=name, type="int64", shape=[-1]) for name in ("a", "b")]
    signature = Signature(inputs=Tensors(tensors=tensors))
    assert rows(signature, {"b": [2], "a": [1]}) == [{"a": 1, "b": 2}]
    with pytest.raises(InvalidInput, match="'b'"):
        rows(signature, {"a": [1]})
