"""Operators of ONNX that keep rows apart, and those that mix them, followed through whole graphs."""

from pathlib import Path
from typing import Any

import pytest

from unshelf.worker.row_wise.onnx_graph import mixing_node


def varint(value: int) -> bytes:
    found, value = bytearray(), value % (1 << 64)
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])


def field(number: int, content: Any) -> bytes:
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    data = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(data)) + data


def tensor(dims: list[int], values: list[int] | None = None, name: str = "") -> bytes:
    head = b"".join(field(1, size) for size in dims) + field(2, 1 if values is None else 7)
    numbers = b"" if values is None else field(7, b"".join(map(varint, values)))
    return head + numbers + (field(8, name) if name else b"")


def node(op: str, inputs: str, outputs: str = "out", domain: str = "", **attributes: Any) -> bytes:
    parts = [field(1, name) for name in inputs.split()] + [field(2, name) for name in outputs.split()]
    for name, value in attributes.items():
        if isinstance(value, bytes):
            content = field(5, value)
        else:
            content = field(3, value) if isinstance(value, int) else b"".join(field(8, each) for each in value)
        parts.append(field(5, field(1, name) + content))
    return b"".join([*parts, field(4, op), field(7, domain)])


CONSTANTS = {
    "w": ([4, 3], None), "bias": ([3], None), "rows": ([5, 4], None), "scale": ([4], None), "zero": ([1], [0]), "one": ([1], [1]),
    "k": ([1], [2]), "keep": ([2], [0, 2]), "split": ([2], [-1, 2]), "flat": ([1], [-1]), "merge": ([2], [1, -1]), "table": ([9, 6], None),
    "labels": ([1, 3], [7, 8, 9]),
}  # fmt: skip


def mixing(tmp_path: Path, *nodes: bytes) -> str:
    graph = b"".join(field(1, each) for each in nodes)
    graph += b"".join(field(5, tensor(dims, values, name)) for name, (dims, values) in CONSTANTS.items())
    (tmp_path / "m.onnx").write_bytes(field(1, 9) + field(7, graph))
    return mixing_node(tmp_path / "m.onnx", {"x": 2, "y": 2, "image": 4, "line": 1, "heads": 4})


APART = [
    [node("MatMul", "x w", "a"), node("Add", "a bias", "b"), node("Relu", "b", "c"), node("Softmax", "c", axis=1)],
    [node("Gemm", "x w bias", transB=0), node("ArgMax", "out", "best", axis=1, keepdims=0)],
    [node("Constant", "", "c", value=tensor([4])), node("Sub", "x c"), node("Div", "out scale", "o")],
    [node("ReduceMean", "x", "m", axes=[1]), node("Sub", "x m")],
    [node("ReduceSum", "x one"), node("Squeeze", "out one", "flat_rows")],
    [node("Conv", "image w", "a"), node("BatchNormalization", "a scale scale scale scale", "b"), node("Flatten", "b")],
    [node("Concat", "x y", axis=-1), node("Slice", "out zero k one", "o")],
    [node("Reshape", "x split"), node("Reshape", "out keep", "o")],
    [node("Transpose", "heads", "t", perm=[0, 1, 3, 2]), node("MatMul", "heads t")],
    [node("Gather", "table line", axis=0), node("LayerNormalization", "out scale scale", "o")],
    [node("ArgMax", "x", "best", axis=1), node("ArrayFeatureExtractor", "labels best", "l", "ai.onnx.ml"),
     node("Cast", "l", "m", to=6), node("Reshape", "m flat")],
    [node("TreeEnsembleClassifier", "x", "label scores", "ai.onnx.ml"), node("Cast", "label", "l", to=7),
     node("ZipMap", "scores", "z", "ai.onnx.ml")],
]  # fmt: skip
MIXING = [
    ("ReduceMean", [node("ReduceMean", "x", "m", axes=[0]), node("Sub", "x m")]),
    ("ReduceMax", [node("ReduceMax", "x", "m")]),
    ("ReduceSum", [node("ReduceSum", "x zero", "m")]),
    ("Softmax", [node("Softmax", "x", axis=0)]),
    ("Softmax", [node("Softmax", "x", axis=-2)]),
    ("Softmax", [node("Softmax", "line")]),
    ("CumSum", [node("CumSum", "x zero")]),
    ("ArgMax", [node("ArgMax", "x")]),
    ("TopK", [node("TopK", "x k", "values places", axis=0)]),
    ("TopK", [node("TopK", "line k", "values places")]),
    ("Concat", [node("Concat", "x y", axis=0)]),
    ("Transpose", [node("Relu", "x", "r"), node("Transpose", "r", perm=[1, 0])]),
    ("MatMul", [node("MatMul", "rows x")]),
    ("MatMul", [node("MatMul", "x y")]),
    ("Add", [node("Unsqueeze", "x one", "u"), node("Add", "x u")]),
    ("Mul", [node("Mul", "x rows")]),
    ("Shape", [node("Shape", "x", "s"), node("Reshape", "x s")]),
    ("NonZero", [node("NonZero", "x")]),
    ("Reshape", [node("Reshape", "x merge")]),
    ("Gather", [node("Gather", "x zero", axis=0)]),
    ("Slice", [node("Slice", "x zero one zero")]),
    ("BatchNormalization", [node("BatchNormalization", "x scale scale scale scale", "a b c", training_mode=1)]),
    ("DynamicQuantizeLinear", [node("DynamicQuantizeLinear", "x", "a b c")]),
    ("MaxPool", [node("MaxPool", "image", "pooled places")]),
    ("RandomNormal", [node("RandomNormal", "", "noise", shape=[4]), node("Add", "x noise")]),
    ("Relu", [node("Relu", "x", "o", "com.example")]),
    ("LSTM", [node("LSTM", "image w w", "o")]),
    ("Add", [node("Add", "x nowhere")]),
]  # fmt: skip


@pytest.mark.parametrize("nodes", APART)
def test_graphs_that_keep_rows_apart_are_known(tmp_path: Path, nodes: list[bytes]) -> None:
    assert mixing(tmp_path, *nodes) == ""


@pytest.mark.parametrize(("op", "nodes"), MIXING)
def test_the_operator_that_may_mix_rows_is_named(tmp_path: Path, op: str, nodes: list[bytes]) -> None:
    assert mixing(tmp_path, *nodes) == f"the graph's operator {op}"


@pytest.mark.parametrize("content", [b"\x3a\xff\xff\xff\xff\x0fx", b"\xff" * 20])
def test_a_file_that_is_no_graph_is_not_known(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.onnx").write_bytes(content)
    assert "could not be read" in mixing_node(tmp_path / "m.onnx", {"x": 2})
