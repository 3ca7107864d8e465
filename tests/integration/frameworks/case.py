"""What a training script hands to the test: the model is deployed, and this is what it answers in this process.

Runs in the framework's own environment, so it knows only numpy and the SDK."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import unshelf

CHUNK = 64
"""Rows a call. Bits may depend on how many rows are computed together, so the test calls with the same chunks."""
SINGLES = 20


def publish(
    model: Any,
    inputs: Any,
    predict: Callable[[Any], Any],
    *,
    tensors: dict[str, np.ndarray],
    rows: list[Any] | None = None,
    **deploy: Any,
) -> None:
    """Deploy `model` under the name the test gave, and leave its test set and its in-process answers in the test's folder.

    `inputs`: the whole test set as `predict` takes it. `tensors`: the same by column or tensor name, as V2 takes it; a single
    2-D array may stand for all columns. `rows`: the same as native rows (default: the single array's)."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    unshelf.deploy(model, name=name, progress=False, **deploy)
    if rows is None:
        (array,) = tensors.values()
        rows = array.tolist()
    np.savez(folder / "tensors.npz", **tensors)
    np.save(folder / "expected.npy", _answers(inputs, predict, len(rows), CHUNK))
    np.save(folder / "singles.npy", _answers(inputs, predict, SINGLES, 1))
    (folder / "rows.json").write_text(json.dumps(rows))


def _answers(inputs: Any, predict: Callable[[Any], Any], count: int, chunk: int) -> np.ndarray:
    parts = [np.asarray(predict(inputs[start : min(start + chunk, count)])) for start in range(0, count, chunk)]
    return np.concatenate(parts)
