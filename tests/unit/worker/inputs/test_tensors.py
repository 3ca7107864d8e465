"""Nested lists become tensors of the signature's shapes."""

from typing import Any

import numpy as np
import pytest

from tests.support.signatures import tensors
from tests.support.worker_inputs import given, refused
from unshelf.worker.inputs import plan_inputs
from unshelf.worker.inputs.memory import ArrayMemory


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
