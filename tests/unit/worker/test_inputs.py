"""What a model is given, and what is refused: inputs held to the signature."""

import datetime
import json
import math
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from unshelf.worker.errors import Refused
from unshelf.worker.inputs import plan_inputs
from unshelf.worker.inputs.columns import MAX_ERRORS
from unshelf.worker.inputs.memory import ArrayMemory


def columns(container: str, **types: str) -> dict[str, Any]:
    """A signature: `columns("numpy", a="float64", b="int64?")`, where `?` marks a nullable column."""
    fields = [
        {"name": name, "type": kind.rstrip("?"), **({"nullable": True} if kind.endswith("?") else {})}
        for name, kind in types.items()
    ]
    return {"kind": "columns", "columns": fields, "container": container}


def tensors(*shapes: list[int], type: str = "float32") -> dict[str, Any]:
    fields = [{"name": f"t{number}", "type": type, "shape": shape} for number, shape in enumerate(shapes)]
    return {"kind": "tensors", "tensors": fields}


def given(signature: dict[str, Any], rows: Any) -> Any:
    inputs = plan_inputs(signature, ArrayMemory())
    return inputs.build([inputs.from_rows(rows)])


def refused(signature: dict[str, Any], rows: Any) -> list[dict[str, Any]]:
    with pytest.raises(Refused) as caught:
        plan_inputs(signature, ArrayMemory()).from_rows(rows)
    assert (caught.value.status, caught.value.code) == (422, "invalid_input")
    json.dumps(caught.value.fields())
    return caught.value.errors or []


class TestMatrices:
    def test_arrays_and_objects_in_any_order_are_the_same(self) -> None:
        signature = columns("numpy", a="float64", b="float64")
        wanted = np.array([[1.5, 2.0], [3.0, 4.25]])
        for rows in ([[1.5, 2], [3, 4.25]], [{"b": 2, "a": 1.5}, {"a": 3, "b": 4.25}]):
            array = given(signature, rows)
            assert array.dtype == np.float64
            np.testing.assert_array_equal(array, wanted)
            assert array.flags.writeable

    @pytest.mark.parametrize("kind", ["float16", "float32", "float64", "int8", "uint8", "int64", "uint64", "bool"])
    def test_the_type_is_the_signature_s(self, kind: str) -> None:
        value = True if kind == "bool" else 100
        array = given(columns("numpy", a=kind), [[value]])
        assert (array.dtype, array.shape, array[0, 0]) == (np.dtype(kind), (1, 1), value)

    def test_pandas_gets_a_frame_with_the_names_in_order(self) -> None:
        frame = given(columns("pandas", b="float32", a="float32"), [{"a": 1, "b": 2.5}])
        pd.testing.assert_frame_equal(frame, pd.DataFrame({"b": [2.5], "a": [1.0]}, dtype="float32"))

    def test_parts_of_many_requests_become_one(self) -> None:
        inputs = plan_inputs(columns("numpy", a="int64", b="int64"), ArrayMemory())
        parts = [inputs.from_rows([[1, 2]]), inputs.from_rows([[3, 4], [5, 6]])]
        assert inputs.build(parts).tolist() == [[1, 2], [3, 4], [5, 6]]

    def test_null_is_nan_where_it_may_be_missing(self) -> None:
        assert math.isnan(given(columns("numpy", a="float64?"), [[None]])[0, 0])
        errors = refused(columns("numpy", a="float64"), [[1.0], [None]])
        assert errors == [{"row": 1, "column": "a", "expected": "float64, not null", "got": "null"}]

    def test_infinities_are_texts(self) -> None:
        array = given(columns("numpy", a="float32", b="float32"), [["Infinity", "-Infinity"]])
        assert array.tolist() == [[math.inf, -math.inf]]

    @pytest.mark.parametrize(
        ("kind", "good", "bad"),
        [
            ("float64", [1, 1.5, -0.0, 10**300], ["5", True, "NaN", "inf", [1], {}, 10**400, 1e999, -1e999]),
            ("float32", [3.4e38, 2**100], [3.5e38, "x"]),
            ("float16", [65504], [65505]),
            ("int8", [127, -128, 5.0], [128, -129, 5.5, True, "1", 1e300, 1e999]),
            ("int64", [2**63 - 1, -(2**63)], [2**63, 10**400]),
            ("uint64", [2**64 - 1, 0], [-1, 2**64]),
            ("bool", [True, False], [1, 0, "true"]),
        ],
    )
    @pytest.mark.parametrize("container", ["numpy", "dicts"])
    def test_types_are_strict(self, container: str, kind: str, good: list[Any], bad: list[Any]) -> None:
        signature = columns(container, a=kind)
        for value in good:
            answer = given(signature, [[value]])
            seen = answer[0, 0] if container == "numpy" else answer[0]["a"]
            assert seen == (
                np.dtype(kind).type(value) if container == "numpy" else float(value) if kind[0] == "f" else value
            )
        for value in bad:
            assert refused(signature, [[value]])[0]["expected"] == kind


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


class TestContainers:
    MIXED = columns("dicts", age="int64", name="string", when="datetime?", more="json?", ok="bool", share="float64?")
    ROW: tuple[Any, ...] = (41, "Zoë", "2024-05-01T12:00:00Z", {"a": [1]}, True, None)

    def of(self, container: str) -> Any:
        return given({**self.MIXED, "container": container}, [list(self.ROW), [42, "", None, None, False, 2]])

    def test_dicts_lists_and_columns_hold_plain_values(self) -> None:
        first, second = self.of("dicts")
        assert first["when"] == datetime.datetime.fromisoformat("2024-05-01T12:00:00")
        assert (first["age"], first["name"], first["more"], first["ok"]) == (41, "Zoë", {"a": [1]}, True)
        assert math.isnan(first["share"])
        assert second == {"age": 42, "name": "", "when": None, "more": None, "ok": False, "share": 2.0}
        assert type(second["share"]) is float
        assert self.of("lists")[1] == list(second.values())
        assert self.of("columns")["name"] == ["Zoë", ""]

    def test_pandas_has_the_types_of_training_data(self) -> None:
        frame = self.of("pandas")
        assert frame["age"].dtype == "int64"
        assert frame["name"].dtype == pd.DataFrame({"name": ["a"]})["name"].dtype
        assert frame["when"].dtype.kind == "M"
        assert pd.isna(frame["when"][1])
        assert frame["ok"].dtype == "bool"
        assert frame["share"].dtype == "float64"

    def test_pandas_categories_keep_their_codes(self) -> None:
        signature = columns("pandas", kind="string", x="float64")
        signature["columns"][0]["categories"] = ["low", "mid", "high"]
        frame = given(signature, [["high", 1], ["low", 2]])
        assert list(frame["kind"].cat.codes) == [2, 0]
        assert refused(signature, [["other", 1]])[0]["expected"] == 'one of "low", "mid", "high"'

    def test_nullable_integers_stay_integers_in_pandas(self) -> None:
        frame = given(columns("pandas", a="uint8?", b="bool?"), [[None, None], [3, True]])
        assert [str(kind) for kind in frame.dtypes] == ["UInt8", "boolean"]
        assert frame["a"].isna().tolist() == [True, False]

    def test_polars_has_the_signature_s_types(self) -> None:
        signature = columns("polars", a="int8?", b="string?", c="float32", d="datetime", e="bool")
        frame = given(signature, [[None, None, 1.5, "2024-01-01", True], [3, "x", 2, "2024-01-02", False]])
        assert frame.dtypes == [pl.Int8, pl.String, pl.Float32, pl.Datetime("us"), pl.Boolean]
        assert frame["a"].to_list() == [None, 3]

    def test_numpy_of_different_types_is_the_type_that_holds_all_or_objects(self) -> None:
        assert given(columns("numpy", a="int64", b="float32"), [[1, 2.5]]).dtype == np.float64
        array = given(columns("numpy", a="string", b="json"), [["x", [1, 2]]])
        assert array.dtype == object
        assert array.tolist() == [["x", [1, 2]]]

    def test_values_may_stand_alone(self) -> None:
        signature = columns("values", text="string")
        assert given(signature, ["a", "b"]) == ["a", "b"]
        assert given(signature, [["a"], ["b"]]) == ["a", "b"]
        assert given(signature, [{"text": "a"}]) == ["a"]
        refused(signature, [{"other": "a"}])
        assert given(columns("values", item="json"), [[1, 2], {"k": 1}, {"item": 5}]) == [[1, 2], {"k": 1}, 5]

    @pytest.mark.parametrize("text", ["2024-01-01", "2024-01-01T10:00:00.5", "2024-01-01 10:00:00+02:00"])
    def test_datetimes_are_iso_8601(self, text: str) -> None:
        wanted = datetime.datetime.fromisoformat(text)
        if wanted.tzinfo:
            wanted = wanted.astimezone(datetime.UTC).replace(tzinfo=None)
        assert given(columns("values", when="datetime"), [text]) == [wanted]

    @pytest.mark.parametrize("value", ["yesterday", "", 5, "2024-13-01", "0001-01-01T00:00:00+23:59", None])
    def test_what_is_no_datetime_is_refused(self, value: Any) -> None:
        refused(columns("values", when="datetime"), [value])


class TestTensors:
    def test_one_tensor_takes_nested_lists(self) -> None:
        array = given(tensors([-1, 2, 2]), [[[1, 2], [3, 4.5]]])
        assert (array.dtype, array.shape) == (np.float32, (1, 2, 2))
        assert array.flags.writeable

    def test_a_free_dimension_is_free_for_each_request(self) -> None:
        inputs = plan_inputs(tensors([-1, -1]), ArrayMemory())
        short, long = inputs.from_rows([[1, 2]]), inputs.from_rows([[1, 2, 3], [4, 5, 6]])
        assert short.group != long.group
        assert inputs.build([long]).shape == (2, 3)

    def test_several_tensors_come_by_name(self) -> None:
        found = given(tensors([-1, 2], [-1]), [{"t0": [1, 2], "t1": 3}, {"t1": 6, "t0": [4, 5]}])
        assert found["t0"].tolist() == [[1, 2], [4, 5]]
        assert found["t1"].tolist() == [3, 6]

    def test_texts_are_objects(self) -> None:
        assert given(tensors([-1], type="string"), ["a", "bc"]).tolist() == ["a", "bc"]

    @pytest.mark.parametrize(
        "rows",
        [[[1, 2]], [[[1, 2]]], [[[1, 2], [3]]], [[[1, 2], [3, "x"]]], [[[1, 2], [3, None]]], [1], [[[[1, 2], [3, 4]]]],
         [[]], [[[], []]], [{"t0": 1, "t1": 2}], [{"t0": [[1, 2], [3, 4]]}, 5], [[[1, 2], [3, 1e300]]]],
    )  # fmt: skip
    def test_other_shapes_and_values_are_refused_by_row(self, rows: Any) -> None:
        errors = refused(tensors([-1, 2, 2]), [[[1, 2], [3, 4]], *rows] if type(rows[0]) is list else rows)
        assert errors

    def test_rows_that_differ_in_a_free_dimension_are_refused(self) -> None:
        assert "rows of one shape" in refused(tensors([-1, -1]), [[1, 2], [3]])[0]["expected"]
