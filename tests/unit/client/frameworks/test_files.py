"""A bare model file is known by its suffix, and held against its content."""

import subprocess
import sys

import pytest

from unshelf.client import frameworks
from unshelf.client.errors import InvalidModel

SUFFIXES = [".skops", ".pkl", ".joblib", ".ubj", ".json", ".txt", ".cbm", ".onnx"]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "content", [b"", b"this is a letter to my aunt", bytes(range(256))], ids=["empty", "text", "bytes"]
)
def test_a_file_that_is_not_what_its_suffix_says_is_refused(suffix, content, tmp_path):
    path = tmp_path / f"model{suffix}"
    path.write_bytes(content)
    with pytest.raises(InvalidModel, match=path.name):
        frameworks.from_file(path, tmp_path)


def test_an_unknown_suffix_is_told_what_is_known(tmp_path):
    (tmp_path / "model.h5").write_bytes(b"x")
    with pytest.raises(InvalidModel, match=r"model\.h5 is no model file") as told:
        frameworks.from_file(tmp_path / "model.h5", tmp_path)
    assert ".skops" in told.value.hint


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InvalidModel, match="is no file"):
        frameworks.from_file(tmp_path / "model.onnx", tmp_path)


@pytest.mark.runs_program
def test_the_client_imports_no_framework():
    """Given a fresh interpreter, when the frameworks' table is imported, then no framework is."""
    code = "import sys, unshelf.client.frameworks; print([m for m in ('numpy', 'sklearn', 'torch', 'yaml') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
