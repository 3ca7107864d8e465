"""Tensors that a model's own file tells count more than those of an example."""

import numpy as np

from unshelf.client.data.signatures import as_told, infer
from unshelf.contracts.signature import Columns, Tensor

IMAGE = Tensor(name="image", type="float32", shape=[-1, 1, 8, 8])


def test_the_file_tells_name_and_type_of_a_single_tensor():
    seen = infer(np.zeros((2, 1, 8, 8)), hint="tensors")
    assert seen.inputs.tensors[0].type == "float64"
    assert as_told(seen, [IMAGE]).inputs.tensors == [IMAGE]


def test_several_tensors_are_matched_by_name():
    told = [Tensor(name="a", type="float32", shape=[-1, 3]), Tensor(name="b", type="int64", shape=[-1])]
    example = {"b": np.zeros(2, np.int32), "a": np.zeros((2, 3))}
    assert as_told(infer(example, hint="tensors"), told).inputs.tensors == told
    other = infer({"b": np.zeros(2, np.int32), "c": np.zeros((2, 3))}, hint="tensors")
    assert as_told(other, told) == other


def test_a_table_stays_a_table_and_another_rank_stays_as_it_was_seen():
    table = infer({"x": [1.0], "y": [2.0]})
    assert isinstance(as_told(table, [IMAGE]).inputs, Columns)
    flat = infer(np.zeros((2, 64)), hint="tensors")
    assert as_told(flat, [IMAGE]) == flat
    assert as_told(flat, None) == flat
