"""Archives of Keras are recognised by what is in them, without Keras."""

import json
import zipfile
from pathlib import Path

import pytest

from unshelf.client import frameworks
from unshelf.client.errors import InvalidModel


def archive(folder: Path, config: object) -> Path:
    path = folder / "model.keras"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("config.json", json.dumps(config))
        file.writestr("model.weights.h5", b"")
    return path


@pytest.fixture(autouse=True)
def backend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "torch")


def test_an_archive_is_data_on_the_chosen_backend(tmp_path: Path) -> None:
    saved = frameworks.from_file(archive(tmp_path, {"class_name": "Sequential"}), tmp_path)
    assert (saved.loader.kind, saved.loader.file, saved.loader.options) == (
        "keras",
        "model.keras",
        {"backend": "torch"},
    )
    assert {"keras", "torch", "numpy"} <= set(saved.requirements)
    assert not saved.contains_code


def test_a_lambda_layer_is_code(tmp_path: Path) -> None:
    config = {"config": {"layers": [{"class_name": "Lambda", "config": {"function": {"class_name": "__lambda__"}}}]}}
    saved = frameworks.from_file(archive(tmp_path, config), tmp_path)
    assert saved.contains_code
    assert saved.loader.options["code"] is True
    assert "Lambda" in saved.notes[0]


@pytest.mark.parametrize("content", [b"", b"HDF"])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.keras").write_bytes(content)
    with pytest.raises(InvalidModel, match=r"no archive of Keras 3"):
        frameworks.from_file(tmp_path / "model.keras", tmp_path)


def test_without_a_backend_the_variable_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KERAS_BACKEND")
    monkeypatch.setattr("unshelf.client.frameworks.neural.keras._BACKENDS", ("no_such_backend",))
    with pytest.raises(InvalidModel, match="needs a backend") as refused:
        frameworks.from_file(archive(tmp_path, {}), tmp_path)
    assert "KERAS_BACKEND" in refused.value.hint
