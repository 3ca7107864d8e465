"""Rows of one numeric type become one array."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.support.signatures import columns
from tests.support.worker_inputs import given, refused
from unshelf.worker.inputs import plan_inputs
from unshelf.worker.inputs.memory import ArrayMemory


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
