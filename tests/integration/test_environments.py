"""A version runs in the environment that its model was made in, and what was said at its deploy stays with it."""

import json
from pathlib import Path

import pytest

from tests.support.models import write_model
from tests.support.platform import Platform
from tests.support.wheels import write_source, write_wheel

PREDICT = """
import warnings
from importlib import metadata
import own_lib
from helpers import double
warnings.warn("made with another version")
def predict(rows):
    return [[own_lib.VALUE, double(row["a"]), metadata.version("idna")] for row in rows]
"""
RECIPE = """
[model]
name = "{name}"
predict = "predict.py:predict"
[environment]
requirements = "requirements.txt"
[example]
inputs = [{{ a = 1 }}]
"""


def folder_with(folder: Path, name: str, requirements: bytes) -> Path:
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "helpers.py").write_text("def double(x): return 2 * x\n")
    (folder / "predict.py").write_text(PREDICT)
    (folder / "unshelf.toml").write_text(RECIPE.format(name=name))
    (folder / "requirements.txt").write_bytes(requirements)
    return folder


@pytest.mark.parametrize("kind", ["wheel", "source"])
def test_packages_that_no_index_has_markers_and_modules_in_src(platform: Platform, tmp_path: Path, kind: str) -> None:
    text = 'idna==3.6 ; python_version < "3.99"\r\nidna==3.7 ; python_version >= "3.99"\r\n'
    text += "./own/own_lib-1.0-py3-none-any.whl\r\n" if kind == "wheel" else "-e ./own\r\n"
    folder = folder_with(tmp_path / "model", f"own-{kind}", text.encode("utf-16"))
    make = write_wheel if kind == "wheel" else write_source
    make(folder / "own", "own_lib", code="VALUE = 7\n")
    said = platform.cli("deploy", str(folder), "--json").stdout
    assert platform.predict(f"own-{kind}", [{"a": 2}]) == [[7, 4, "3.6"]]
    notes = json.loads(said.splitlines()[-1])["notes"]
    version = json.loads(platform.cli("show", f"own-{kind}", "--json").stdout)["version"]
    assert version["checks"]["warnings"] == ["while loading the model: UserWarning: made with another version"]
    assert any(note.startswith("own-lib 1.0") for note in version["notes"])
    assert notes == [*version["notes"], *(f"warning {each}" for each in version["checks"]["warnings"])]
    assert {"name": "own-lib", "version": "1.0"} in version["packages"]


TELLS = """
from importlib import metadata
def predict(rows):
    return [metadata.version("six")] * len(rows)
"""


@pytest.mark.long
def test_versions_with_conflicting_packages_answer_side_by_side(platform: Platform, tmp_path: Path) -> None:
    """Given one model made with one version of a package, and again with another, then both answer at the same time."""
    for number, version in enumerate(["1.16.0", "1.17.0"]):
        needs = (f"six=={version}",)
        platform.cli("deploy", str(write_model(tmp_path / str(number), name="apart", code=TELLS, requirements=needs)))
    row = [{"a": 1.0, "b": 2.0}]
    assert [platform.predict(f"apart:{number}", row) for number in (1, 2)] == [["1.16.0"], ["1.17.0"]]
    replicas = platform.http.get("/api/v1/machine").json()["replicas"]
    assert {each["version"] for each in replicas if each["model"] == "apart"} == {1, 2}
