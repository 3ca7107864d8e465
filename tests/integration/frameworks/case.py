"""What a training script hands to the test: the model is deployed, and this is what it answers in this process.

Runs in the framework's own environment, so it knows only numpy and the SDK."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

import unshelf


def publish(
    model: Any, tensors: dict[str, np.ndarray], expected: Any, *, rows: list[Any] | None = None, **deploy: Any
) -> None:
    """Deploy `model` under the name the test gave and leave inputs and in-process answers beside it.

    `tensors`: the whole test set, by column or tensor name; a single 2-D array may stand for all columns. `rows`: the same
    as native rows (default: the single array's)."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    unshelf.deploy(model, name=name, progress=False, **deploy)
    if rows is None:
        (array,) = tensors.values()
        rows = array.tolist()
    np.savez(folder / "tensors.npz", **tensors)
    np.save(folder / "expected.npy", np.asarray(expected))
    (folder / "rows.json").write_text(json.dumps(rows))
