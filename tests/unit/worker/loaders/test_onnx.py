"""ONNX graphs answer in a worker what ONNX Runtime answers in process."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from unshelf.client.errors import InvalidModel
from unshelf.worker.errors import CannotLoad

HEAVY = "is not installed; tests/integration runs it in its own environment"
onnx = pytest.importorskip("onnx", reason=f"onnx {HEAVY}")
onnxruntime = pytest.importorskip("onnxruntime", reason=f"onnxruntime {HEAVY}")


@pytest.fixture
def flowers():
    X, y = load_iris(return_X_y=True)
    return X.astype(np.float32), y


@pytest.fixture
def classifier(flowers):
    skl2onnx = pytest.importorskip("skl2onnx", reason=f"skl2onnx {HEAVY}")
    X, y = flowers
    return skl2onnx.to_onnx(LogisticRegression(max_iter=300).fit(X, y), X[:1], options={"zipmap": False})


def two_inputs(rows):
    """`x @ weights + y` for `rows` rows (a name: any number)."""
    helper = onnx.helper
    weights = np.linspace(-1, 1, 12, dtype=np.float32).reshape(4, 3)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "weights"], ["product"]), helper.make_node("Add", ["product", "y"], ["sum"])],
        "two_inputs",
        [
            helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [rows, 4]),
            helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [rows, 3]),
        ],
        [helper.make_tensor_value_info("sum", onnx.TensorProto.FLOAT, [rows, 3])],
        [onnx.numpy_helper.from_array(weights, "weights")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


@pytest.fixture
def inputs(flowers):
    X, _ = flowers
    return {"x": X, "y": np.linspace(0, 1, 450, dtype=np.float32).reshape(150, 3)}


def test_all_outputs_answer_by_name_or_the_one_that_is_wanted(classifier, flowers, serve, same_bits):
    X, _ = flowers
    labels, probabilities = onnxruntime.InferenceSession(classifier.SerializeToString()).run(None, {"X": X})
    loaded = serve(classifier)
    answers = loaded.predict(X)
    same_bits(answers["label"], labels)
    same_bits(answers["probabilities"], probabilities)
    same_bits(serve(classifier, method="probabilities").predict(X), probabilities)
    told = [{"name": tensor.name, "type": tensor.type, "shape": tensor.shape} for tensor in loaded.saved.tensors]
    assert told == loaded.describe()["tensors"], "what the client reads is what ONNX Runtime says"
    assert not loaded.saved.contains_code
    with pytest.raises(InvalidModel, match="no output 'scores'"):
        serve(classifier, method="scores")


def test_maps_of_labels_keep_their_values(flowers, serve):
    skl2onnx = pytest.importorskip("skl2onnx", reason=f"skl2onnx {HEAVY}")
    X, y = flowers
    graph = skl2onnx.to_onnx(LogisticRegression(max_iter=300).fit(X, y), X[:1])
    _, maps = onnxruntime.InferenceSession(graph.SerializeToString()).run(None, {"X": X})
    answers = serve(graph).predict(X)["output_probability"]
    assert answers == [{str(label): value for label, value in row.items()} for row in maps]


def test_several_inputs_by_name(inputs, serve, same_bits):
    graph = two_inputs("rows")
    (expected,) = onnxruntime.InferenceSession(graph.SerializeToString()).run(None, inputs)
    loaded = serve(graph)
    same_bits(loaded.predict(inputs), expected)
    with pytest.raises(ValueError, match="the graph takes x, y; the inputs have no 'y'"):
        loaded.predict({"x": inputs["x"]})
    assert [(tensor.name, tensor.shape) for tensor in loaded.saved.tensors] == [("x", [-1, 4]), ("y", [-1, 3])]
    assert loaded.describe()["tensors"] == [
        {"name": "x", "type": "float32", "shape": [-1, 4]},
        {"name": "y", "type": "float32", "shape": [-1, 3]},
    ]


def test_a_graph_for_one_row_is_run_row_by_row(inputs, serve, same_bits):
    graph = two_inputs(1)
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    rows = [session.run(None, {name: array[[row]] for name, array in inputs.items()})[0] for row in range(150)]
    loaded = serve(graph)
    same_bits(loaded.predict(inputs), np.concatenate(rows))
    assert loaded.describe()["tensors"][0]["shape"] == [-1, 4]


def test_a_graph_for_any_other_fixed_number_of_rows_is_refused(serve):
    with pytest.raises(CannotLoad, match=r"first dimension of the graph's input 'x' is fixed: \[4, 4\]") as told:
        serve(two_inputs(4))
    assert "dynamic" in told.value.hint


def test_a_table_becomes_the_tensor_that_the_graph_takes(classifier, flowers, serve, same_bits):
    X, _ = flowers
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    loaded = serve(classifier, method="probabilities")
    expected = loaded.predict(X)
    same_bits(loaded.predict(pandas.DataFrame(X.astype(np.float64))), expected)
    same_bits(loaded.predict(X.tolist()), expected)
    same_bits(loaded.predict({name: X[:, place] for place, name in enumerate("abcd")}), expected)


def test_weights_beside_the_graph_are_found_and_go_along_with_a_session(tmp_path, inputs, serve, serve_file, same_bits):
    path = tmp_path / "model.onnx"
    onnx.save_model(two_inputs("rows"), path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    session = onnxruntime.InferenceSession(str(path))
    (expected,) = session.run(None, inputs)
    loaded = serve(session)
    same_bits(loaded.predict(inputs), expected)
    assert (loaded.folder / "weights.bin").is_file()
    assert "weights.bin" in serve_file(path).saved.notes[0]
    (tmp_path / "weights.bin").unlink()
    with pytest.raises(InvalidModel, match=r"keeps weights in weights\.bin"):
        serve_file(path)
