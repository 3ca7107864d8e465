"""Models of Keras: through its archive they answer as before, and describe what they take."""

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

os.environ["KERAS_BACKEND"] = "torch"  # asked for while keras is imported
pytest.importorskip("keras", reason="keras is not installed; `make test-long` runs this")

import keras

pytestmark = pytest.mark.filterwarnings("ignore")  # Keras over torch warns of itself
X = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")


def test_a_sequential_model_answers_the_same(serve: Callable[..., Any]) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    served = serve(model, example=X)
    assert np.array_equal(served.predict(X), model.predict(X, verbose=0))
    assert served.describe()["tensors"][0]["shape"] == [-1, 4]
    assert not served.saved.contains_code


def test_several_inputs_are_known_by_name(serve: Callable[..., Any]) -> None:
    one, other = keras.Input((4,), name="one"), keras.Input((4,), name="other")
    model = keras.Model({"one": one, "other": other}, [keras.ops.add(one, other), keras.ops.subtract(one, other)])
    served = serve(model)
    assert {tensor["name"] for tensor in served.describe()["tensors"]} == {"one", "other"}
    answer = served.predict({"other": X, "one": 2 * X})
    assert np.allclose(answer["output_0"], 3 * X)
    assert np.allclose(answer["output_1"], X)
