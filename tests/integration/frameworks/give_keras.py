import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras
import layers
import numpy as np
from given import give

keras.utils.set_random_seed(0)
X = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
y = (X.sum(axis=1) > 0).astype("float32")
model = keras.Sequential([
    keras.Input((4,)), keras.layers.Dense(8, activation="relu"), layers.Scaled(0.5), keras.layers.BatchNormalization(),
    keras.layers.Dense(1, activation="sigmoid"),
])  # fmt: skip
model.compile("adam", "binary_crossentropy")
model.fit(X, y, epochs=1, verbose=0)
give(model, "keras-sequential", example=X[:4], rows=X[:5], answer=model.predict(X[:5], verbose=0).tolist())

left, right = keras.Input((4,), name="left"), keras.Input((2, 3), name="right", dtype="int32")
flat = keras.layers.Flatten()(keras.ops.cast(right, "float32"))
two = keras.Model([left, right], {"one": keras.layers.Dense(2)(left), "two": keras.layers.Dense(1)(flat)})
inputs = {"left": X[:4], "right": np.arange(24, dtype="int32").reshape(4, 2, 3)}
answer = {name: part.tolist() for name, part in two.predict(inputs, verbose=0).items()}
rows = [dict(zip(answer, row, strict=True)) for row in zip(*answer.values(), strict=True)]
give(two, "keras-functional", example=inputs, rows=inputs, answer=rows)

plain = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
path = Path(sys.argv[1]) / "plain.keras"
plain.save(path)
give(path, "keras-file", example=None, rows=X[:5], answer=plain.predict(X[:5], verbose=0).tolist())
