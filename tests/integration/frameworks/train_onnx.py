import sys
from pathlib import Path

import numpy as np
import onnxruntime
from case import publish
from skl2onnx import to_onnx
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

X, y = load_digits(return_X_y=True)
X = (X / 16).astype(np.float32)
net = MLPClassifier((32,), max_iter=60, random_state=0).fit(X[:1200], y[:1200])
path = Path(sys.argv[2]) / "digits.onnx"
path.write_bytes(to_onnx(net, X[:1], options={"zipmap": False}).SerializeToString())
session = onnxruntime.InferenceSession(str(path))
name = session.get_inputs()[0].name
publish(
    path,
    X[1200:],
    lambda rows: session.run(["probabilities"], {name: rows})[0],
    tensors={name: X[1200:]},
    example=X[:5],
)
