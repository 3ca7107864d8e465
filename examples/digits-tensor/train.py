"""Makes a small convolutional network of NumPy, scikit-learn and ONNX, and publishes it."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression

import unshelf

FILE = Path(__file__).with_name("digits.onnx")
FILTERS, CLASSES = 8, 10


def network(kernels: np.ndarray, weights: np.ndarray, bias: np.ndarray) -> onnx.ModelProto:
    """Conv 3×3 → ReLU → linear → softmax, for any number of images."""
    shapes = {"image": ["rows", 1, 8, 8], "features": ["rows", FILTERS * 64], "probabilities": ["rows", CLASSES]}
    tensors = {name: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()}
    nodes = [
        helper.make_node("Conv", ["image", "kernels"], ["lines"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["lines"], ["bright"]),
        helper.make_node("Flatten", ["bright"], ["features"]),
        helper.make_node("Gemm", ["features", "weights", "bias"], ["scores"], transB=1),
        helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
    ]
    constants = {"kernels": kernels, "weights": weights, "bias": bias}
    graph = helper.make_graph(
        nodes, "digits", [tensors["image"]], [tensors["features"], tensors["probabilities"]],
        [numpy_helper.from_array(array.astype(np.float32), name) for name, array in constants.items()],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return model


def answer(model: onnx.ModelProto, output: str, images: np.ndarray) -> np.ndarray:
    """What ONNX Runtime answers in this process."""
    return onnxruntime.InferenceSession(model.SerializeToString()).run([output], {"image": images})[0]


digits = load_digits()
images = (digits.images / 16).astype(np.float32)[:, None]
train, test = slice(0, 1300), slice(1300, None)

# The filters: what 3×3 patches of the images differ in most.
patches = np.lib.stride_tricks.sliding_window_view(images[train, 0], (3, 3), axis=(1, 2)).reshape(-1, 9)
kernels = PCA(FILTERS, random_state=0).fit(patches).components_.reshape(FILTERS, 1, 3, 3)

# The last layer: a logistic regression on what the filters see.
untrained = network(kernels, np.zeros((CLASSES, FILTERS * 64)), np.zeros(CLASSES))
last = LogisticRegression(max_iter=2000).fit(answer(untrained, "features", images[train]), digits.target[train])
model = network(kernels, last.coef_, last.intercept_)

expected = answer(model, "probabilities", images[test])
print(f"{np.mean(expected.argmax(axis=1) == digits.target[test]):.1%} of {len(expected)} new images are read right")

FILE.write_bytes(model.SerializeToString())
deployed = unshelf.deploy(FILE, name="digits", method="probabilities", example=images[:5])
print(deployed)

answers = np.array(unshelf.predict(deployed.reference, images[test]), dtype=np.float32)
assert answers.tobytes() == expected.tobytes()
print(f"{len(answers)} answers over HTTP, bit for bit the same as in this process")
