"""What JSON can't carry of an example is said when it is deployed."""

import datetime
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from unshelf.client.data.losses import losses
from unshelf.client.data.signatures import infer


def torch_like() -> Any:
    """An array that says it is PyTorch's, which is large and need not be installed."""
    tensor = type("Tensor", (np.ndarray,), {"__module__": "torch"})
    return np.zeros((2, 2)).view(tensor)


def notes(example: Any) -> str:
    return " ".join(losses(example, infer(example)))


@pytest.mark.parametrize(
    ("example", "said"),
    [
        (pd.DataFrame({"a": [1.0]}, index=pd.Index(["x"], name="id")), "index ('id') does not reach the model"),
        (pd.DataFrame({"a": [1.0]}, index=pd.to_datetime(["2024-01-01"])), "index does not reach the model"),
        (pd.DataFrame([[1.0]], columns=pd.Index(["a"], name="city")), "name of the example's columns ('city')"),
        (pd.DataFrame({"a": ["x", None, np.nan]}, dtype=object), "NaN and None are all null"),
        (pd.DataFrame({"a": [{"b": (1, 2)}]}), "a tuple reaches the model as list"),
        (pd.DataFrame({"a": [[1.0, np.nan]]}), "NaN inside of a value reaches the model as None"),
        (pd.DataFrame({"a": [{1: "x"}]}), "a key that is no text"),
        (pd.DataFrame({"a": [[datetime.date(2024, 1, 1)]]}), "datetime.date reaches the model as text"),
        (([1, 2], [3, 4]), "The example is a tuple; the model is given a list"),
        ({"a": (1, 2)}, "Columns that are tuple reach the model as lists"),
        (torch_like(), "For a torch.Tensor of the example the model is given a NumPy array"),
        ([(1, 2)], "tuple reach the model as lists"),
        ([[np.float32(1)]], "numpy.float32 reaches the model as Python's own type"),
        (pl.DataFrame({"a": [None, float("nan")]}), "all null"),
    ],
)
def test_a_loss_is_said(example: Any, said: str) -> None:
    assert said in notes(example)


@pytest.mark.parametrize(
    "example",
    [
        pd.DataFrame({"a": [1.0, 2.0], "b": ["x", None]}).iloc[::-1],
        np.zeros((2, 2)), {"a": [1, 2]}, [{"a": {"b": [1, "x", None]}}], pd.Series([1.0]),
        pl.DataFrame({"a": [[1, 2]], "b": [datetime.date(2024, 1, 1)]}),
        pd.DataFrame({"a": [np.zeros(2), np.ones(2)]}), [datetime.datetime(2024, 1, 1)],  # noqa: DTZ001
    ],
)  # fmt: skip
def test_nothing_is_said_of_what_arrives_whole(example: Any) -> None:
    assert notes(example) == ""


def test_a_frame_of_another_class_is_named() -> None:
    class Sheet(pd.DataFrame):
        pass

    assert "the model is given a plain DataFrame" in notes(Sheet({"a": [1.0]}))
