"""From a trained model to what a worker loads: saved by the client's part, its loader through JSON, loaded by the worker's."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from unshelf.client import frameworks
from unshelf.client.frameworks.saved_model import SavedModel
from unshelf.worker.loaders import load_model


class Loaded:
    """A model as the worker has it, and what the client said about it."""

    def __init__(self, model: Any, saved: SavedModel, folder: Path) -> None:
        self.model = model
        self.saved = saved
        self.folder = folder

    def predict(self, inputs: Any) -> Any:
        return self.model.predict(inputs)

    def describe(self) -> Any:
        return self.model.describe()


@pytest.fixture
def serve(tmp_path: Path) -> Callable[..., Loaded]:
    """Save a model and load it as a worker would."""
    count = 0

    def save_and_load(model: Any, **how: Any) -> Loaded:
        nonlocal count
        count += 1
        folder = tmp_path / f"bundle{count}"
        folder.mkdir()
        saved = frameworks.save(model, folder, **how)
        return Loaded(load_model(folder, _through_json(saved), None), saved, folder)

    return save_and_load


@pytest.fixture
def serve_file(tmp_path: Path) -> Callable[..., Loaded]:
    """Load a model file as a worker would, from nothing but what the client recognises in it."""

    def recognise_and_load(path: Path, **how: Any) -> Loaded:
        saved = frameworks.from_file(path, path.parent, **how)
        return Loaded(load_model(path.parent, _through_json(saved), None), saved, path.parent)

    return recognise_and_load


@pytest.fixture(scope="session")
def same_bits() -> Callable[[Any, Any], None]:
    """Assert that two answers are equal in type, shape and every bit."""

    def compare(got: Any, expected: Any) -> None:
        got, expected = np.asarray(got), np.asarray(expected)
        assert (got.dtype, got.shape) == (expected.dtype, expected.shape)
        assert got.tolist() == expected.tolist() if got.dtype == object else got.tobytes() == expected.tobytes()

    return compare


def _through_json(saved: SavedModel) -> dict[str, Any]:
    loader: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(saved.loader))
    return loader
