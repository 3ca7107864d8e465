"""Folders and files on disk become bundles, and what is wrong with them is told with its line."""

import subprocess
from pathlib import Path

import msgspec
import numpy as np
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression

from unshelf.client.bundle import Wishes
from unshelf.client.errors import InvalidModel
from unshelf.client.folder import bundle_path
from unshelf.contracts.bundle import Batching, Recording
from unshelf.contracts.signature import Columns


def folder_with(tmp_path: Path, recipe: str, **files: str) -> Path:
    (tmp_path / "unshelf.toml").write_text(recipe)
    for name, text in files.items():
        (tmp_path / name.replace("_py", ".py").replace("_csv", ".csv").replace("_txt", ".txt")).write_text(text)
    return tmp_path


def test_a_folder_with_code_becomes_a_bundle(tmp_path: Path) -> None:
    recipe = """
        [model]
        name = "sums"
        predict = "predict.py:predict"
        input = "pandas"
        description = "adds"
        timeout = 5
        [environment]
        python = "3.12"
        requirements = "needs.txt"
        [example]
        file = "rows.csv"
        [resources]
        tier = "large"
        [limits]
        rate = 100
        concurrency = 8
        [batching]
        max_rows = 64
        wait = 0.005
        [scaling]
        min = 1
        max = 2
        idle = 60
        [recording]
        redact = ["a"]
        durability = "disk"
    """
    folder = folder_with(
        tmp_path, recipe, predict_py="def predict(df): ...", needs_txt="pandas==3.0\n", rows_csv="a,b\n1,2.5\n,3\n"
    )
    bundle = bundle_path(folder, Wishes())
    manifest = bundle.manifest
    assert bundle.name == "sums"
    assert bundle.limits == {"rate": 100, "concurrency": 8}
    assert manifest.recording == Recording(redact=["a"], durability="disk", on_failure="refuse")
    assert manifest.batching == Batching(max_rows=64, max_bytes=16 << 20, wait=0.005)
    assert (manifest.loader.kind, manifest.loader.entry) == ("python", "predict.py:predict")
    assert (manifest.python, manifest.requirements, manifest.timeout) == ("3.12", ["pandas==3.0"], 5)
    assert (manifest.resources.tier, manifest.scaling.min, manifest.scaling.max, manifest.scaling.idle) == (
        "large",
        1,
        2,
        60,
    )
    assert manifest.contains_code
    assert isinstance(manifest.signature.inputs, Columns)  # type: ignore[union-attr]
    columns = manifest.signature.inputs.columns  # type: ignore[union-attr]
    assert [(c.name, c.type, c.nullable) for c in columns] == [("a", "int64", True), ("b", "float64", False)]
    assert bundle.example == [{"a": 1, "b": 2.5}, {"a": None, "b": 3}]
    assert {"predict.py", "unshelf.toml", "needs.txt", "rows.csv", ".unshelf/example.json"} == {
        f.path for f in manifest.files
    }


@pytest.mark.parametrize(
    ("recipe", "said", "hint"),
    [
        ('[model]\npredict = "p.py:f"\n[limits]\nburst = 3\n', "`burst` in [limits] goes with `rate`", ""),
        ('[model]\npredict = "p.py:f"\n[limits]\nrate = 0\n', "unshelf.toml:4: rate in [limits] is above 0, not 0", ""),
        ('[model]\npredict = "p.py:f"\ntimout = 3\n', "unshelf.toml:3: 'timout' in [model] is not known", "timeout"),
        ('[modle]\nfile = "x"\n', "unshelf.toml:1: [modle] is not known", "[model]"),
        ('[model]\npredict = "p.py:f"\ntimeout = "3"\n', "unshelf.toml:3: timeout in [model] is a number", ""),
        (
            '[model]\npredict = "p.py:f"\n[scaling]\nmin = true\n',
            "unshelf.toml:4: min in [scaling] is a whole number",
            "",
        ),
        ('[model]\npredict = "p.py:f"\ninput = "panda"\n', "unshelf.toml:3: input in [model] is one of numpy", ""),
        ('[model]\npredict = "p.py:f"\nname = "Not A Name"\n', "unshelf.toml:3", ""),
        ('[model]\nname = "x"\n', "either `file`", "predict.py:predict"),
        ('[model]\npredict = "missing.py:f"\n', "names 'missing.py', which is not in", ""),
        ('[model]\npredict = "../p.py:f"\n', "lies outside", ""),
        ('[model]\npredict = "p.py"\n', "names no Python function", "predict.py:predict"),
        ("[model\n", "can't be read", "unshelf-toml.md"),
        ('[model]\npredict = "p.py:f"\n[scaling]\nmin = 3\n', "min=3 max=1", ""),
        (
            '[model]\npredict = "p.py:f"\n[batching]\nmax_row = 3\n',
            "unshelf.toml:4: 'max_row' in [batching] is not known",
            "max_rows",
        ),
        ('[model]\npredict = "p.py:f"\n[batching]\nmax_rows = 0\n', "max_rows is 1 to 1024, got 0", "[batching]"),
        ('[model]\npredict = "p.py:f"\n[batching]\nwait = -1\n', "wait is 0 to 10 seconds, got -1", "[batching]"),
        (
            '[model]\npredict = "p.py:f"\ntimeout = 1\n[batching]\nwait = 2\n',
            "wait is below the timeout of 1 seconds",
            "",
        ),
        (
            '[model]\npredict = "p.py:f"\n[recording]\ndurability = "tape"\n',
            "Invalid enum value 'tape'",
            "unshelf-toml.md",
        ),
        (
            '[model]\npredict = "p.py:f"\n[example]\ninputs = [{a = 1}]\n[recording]\nredact = ["b"]\n',
            "redact names 'b', which is no column",
            "Columns: a",
        ),
    ],
)
def test_a_wrong_recipe_is_told_with_its_line_and_the_nearest_right_key(
    tmp_path: Path, recipe: str, said: str, hint: str
) -> None:
    folder_with(tmp_path, recipe, p_py="def f(rows): ...")
    with pytest.raises(InvalidModel) as caught:
        bundle_path(tmp_path, Wishes())
    assert said in caught.value.detail
    assert hint in caught.value.hint


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    model = LogisticRegression().fit(np.array([[0.0, 1.0], [1.0, 0.0]]), [0, 1])
    path = tmp_path / "risk_model.skops"
    skops.io.dump(model, path)
    return path


def test_a_model_file_alone_is_enough(model_file: Path) -> None:
    bundle = bundle_path(model_file, Wishes())
    assert bundle.manifest.loader.file == "risk_model.skops"
    assert bundle.manifest.signature is None
    assert not bundle.manifest.contains_code
    assert any(requirement.startswith("scikit-learn==") for requirement in bundle.manifest.requirements)


def test_rows_written_for_a_model_file_tell_its_container(model_file: Path) -> None:
    """Given arrays, the model is given NumPy and whole numbers count as floats; given objects, a DataFrame."""
    arrays = bundle_path(model_file, Wishes(example=[[1, 2]])).manifest.signature
    objects = bundle_path(model_file, Wishes(example=[{"a": 1, "b": 2.0}])).manifest
    assert msgspec.to_builtins(arrays)["inputs"]["container"] == "numpy"
    assert {c["type"] for c in msgspec.to_builtins(arrays)["inputs"]["columns"]} == {"float64"}
    assert msgspec.to_builtins(objects.signature)["inputs"]["container"] == "pandas"
    assert any(requirement.startswith("pandas==") for requirement in objects.requirements)


def test_an_ignored_model_file_of_a_recipe_is_taken_all_the_same(model_file: Path) -> None:
    folder = folder_with(model_file.parent, '[model]\nfile = "risk_model.skops"\n')
    (folder / ".gitignore").write_text("*.skops\n")
    subprocess.run(["git", "-C", str(folder), "init", "-q"], check=True, capture_output=True)
    assert "risk_model.skops" in {file.path for file in bundle_path(folder, Wishes()).manifest.files}


def test_the_same_folder_gives_the_same_bundle(tmp_path: Path) -> None:
    folder_with(tmp_path, '[model]\npredict = "p.py:f"\n[example]\ninputs = [1.5]\n', p_py="def f(rows): ...")
    assert bundle_path(tmp_path, Wishes()).manifest.digest == bundle_path(tmp_path, Wishes()).manifest.digest


def test_what_is_no_model_is_told_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(InvalidModel, match=r"neither an unshelf\.toml nor an MLmodel") as caught:
        bundle_path(tmp_path, Wishes())
    assert "[model]" in caught.value.hint
    with pytest.raises(InvalidModel, match="is not there"):
        bundle_path(tmp_path / "nothing", Wishes())
    (tmp_path / "thing.docx").write_text("")
    with pytest.raises(InvalidModel, match="no model file"):
        bundle_path(tmp_path / "thing.docx", Wishes())
