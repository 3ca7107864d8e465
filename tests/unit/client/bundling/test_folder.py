"""Folders and files on disk become bundles, and what is wrong with them is told with its line."""

import subprocess
from pathlib import Path

import msgspec
import numpy as np
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression

from unshelf.client.bundling.bundle import DeployOptions
from unshelf.client.bundling.folder import bundle_path
from unshelf.client.errors import InvalidModel
from unshelf.contracts.bundle import Batching, CheckOptions, Recording
from unshelf.contracts.signature import Columns

pytestmark = pytest.mark.runs_program


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
        output = "table"
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
        share = true
        [check]
        calls = 1
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
    bundle = bundle_path(folder, DeployOptions())
    manifest = bundle.manifest
    assert bundle.name == "sums"
    assert bundle.limits == {"rate": 100, "concurrency": 8}
    assert manifest.recording == Recording(redact=["a"], durability="disk", on_failure="refuse")
    assert manifest.batching == Batching(max_rows=64, max_bytes=16 << 20, wait=0.005, share=True)
    assert manifest.check == CheckOptions(calls=1)
    assert manifest.output == "table"
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


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    model = LogisticRegression().fit(np.array([[0.0, 1.0], [1.0, 0.0]]), [0, 1])
    path = tmp_path / "risk_model.skops"
    skops.io.dump(model, path)
    return path


def test_a_model_file_alone_is_enough(model_file: Path) -> None:
    bundle = bundle_path(model_file, DeployOptions())
    assert bundle.manifest.loader.file == "risk_model.skops"
    assert bundle.manifest.signature is None
    assert not bundle.manifest.contains_code
    assert any(requirement.startswith("scikit-learn==") for requirement in bundle.manifest.requirements)


def test_rows_written_for_a_model_file_tell_its_container(model_file: Path) -> None:
    """Given arrays, the model is given NumPy and whole numbers count as floats; given objects, a DataFrame."""
    arrays = bundle_path(model_file, DeployOptions(example=[[1, 2]])).manifest.signature
    objects = bundle_path(model_file, DeployOptions(example=[{"a": 1, "b": 2.0}])).manifest
    assert msgspec.to_builtins(arrays)["inputs"]["container"] == "numpy"
    assert {c["type"] for c in msgspec.to_builtins(arrays)["inputs"]["columns"]} == {"float64"}
    assert msgspec.to_builtins(objects.signature)["inputs"]["container"] == "pandas"
    assert any(requirement.startswith("pandas==") for requirement in objects.requirements)


def test_an_ignored_model_file_of_a_recipe_is_taken_all_the_same(model_file: Path) -> None:
    folder = folder_with(model_file.parent, '[model]\nfile = "risk_model.skops"\n')
    (folder / ".gitignore").write_text("*.skops\n")
    subprocess.run(["git", "-C", str(folder), "init", "-q"], check=True, capture_output=True)
    assert "risk_model.skops" in {file.path for file in bundle_path(folder, DeployOptions()).manifest.files}


def test_what_is_no_model_is_told_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(InvalidModel, match=r"neither an unshelf\.toml nor an MLmodel") as caught:
        bundle_path(tmp_path, DeployOptions())
    assert "[model]" in caught.value.hint
    with pytest.raises(InvalidModel, match="is not there"):
        bundle_path(tmp_path / "nothing", DeployOptions())
    (tmp_path / "thing.docx").write_text("")
    with pytest.raises(InvalidModel, match="no model file"):
        bundle_path(tmp_path / "thing.docx", DeployOptions())


MLMODEL = """
mlflow_version: 3.1.0
flavors:
  python_function: {loader_module: mlflow.sklearn, python_version: 3.11.7}
signature: {inputs: '[{"name": "a", "type": "double"}]'}
"""


def mlflow_folder(tmp_path: Path, requirements: bytes) -> Path:
    (tmp_path / "MLmodel").write_text(MLMODEL)
    (tmp_path / "requirements.txt").write_bytes(requirements)
    return tmp_path


def test_an_mlflow_folder_gets_the_library_that_opens_it(tmp_path: Path) -> None:
    bundle = bundle_path(mlflow_folder(tmp_path, "scikit-learn==1.6.1\n".encode("utf-16")), DeployOptions())
    assert bundle.manifest.requirements == ["mlflow-skinny==3.1.0", "scikit-learn==1.6.1"]
    other = DeployOptions(requirements=["scikit-learn==1.6.2", "mlflow==3.1.1"])
    again = bundle_path(tmp_path, other)
    assert "scikit-learn==1.6.2" in again.manifest.requirements
    assert any("scikit-learn==1.6.1" in note and "gives way" in note for note in again.notes)


def test_what_the_requirements_of_an_mlflow_folder_cant_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidModel, match=r"requirements.txt, line 1: --extra-index-url"):
        bundle_path(mlflow_folder(tmp_path, b"--extra-index-url https://acme.org/simple\n"), DeployOptions())


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_files_as_windows_writes_them_are_read(encoding: str, tmp_path: Path) -> None:
    recipe = '[model]\npredict = "p.py:predict"\n[environment]\nrequirements = "r.txt"\n'
    (tmp_path / "unshelf.toml").write_bytes(recipe.encode(encoding))
    (tmp_path / "r.txt").write_bytes("six==1.16\r\n".encode(encoding))
    (tmp_path / "p.py").write_text("def predict(rows): ...\n")
    assert bundle_path(tmp_path, DeployOptions()).manifest.requirements == ["six==1.16"]


def test_constraints_and_hashes_of_a_requirements_file_reach_the_manifest(tmp_path: Path) -> None:
    recipe = '[model]\npredict = "p.py:predict"\n[environment]\nrequirements = "r.txt"\n'
    folder = folder_with(tmp_path, recipe, p_py="def predict(rows): ...\n", b_txt="numpy<3\n")
    (folder / "r.txt").write_text(f"-c b.txt\nsix==1.16 --hash=sha256:{'a' * 64}\n")
    manifest = bundle_path(folder, DeployOptions()).manifest
    assert manifest.requirements == [f"six==1.16 --hash=sha256:{'a' * 64}"]
    assert manifest.constraints == ["numpy<3"]


SIGNATURE = """
    [model]
    predict = "predict.py:predict"
    {more}
    [signature.inputs]
    zip = "string"
    rooms = {{ type = "integer", default = 3 }}
    [signature.inputs.city]
    type = "category"
    categories = ["Gent", "Lille"]
    unseen = true
    [signature.outputs]
    output = "number"
"""


def test_a_signature_in_the_recipe_is_enough_to_deploy(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, SIGNATURE.format(more=""), predict_py="def predict(rows): ...\n")
    bundle = bundle_path(folder, DeployOptions())
    assert msgspec.to_builtins(bundle.manifest.signature) == {
        "inputs": {
            "kind": "columns",
            "columns": [
                {"name": "zip", "type": "string"},
                {"name": "rooms", "type": "int64", "default": 3},
                {"name": "city", "type": "string", "categories": ["Gent", "Lille"], "unseen": True},
            ],
        },
        "outputs": {"kind": "columns", "columns": [{"name": "output", "type": "float64"}], "container": "values"},
    }
    assert bundle.manifest.example is None
    assert any("made up from the signature" in note for note in bundle.notes)


def test_the_signature_says_how_a_csv_is_read(tmp_path: Path) -> None:
    """Given zip codes that look like numbers, and a container that the recipe names."""
    recipe = SIGNATURE.format(more='input = "pandas"\n[example]\nfile = "rows.csv"')
    folder = folder_with(
        tmp_path, recipe, predict_py="def predict(rows): ...\n", rows_csv="zip,city\n9000,Gent\n59000,Lille\n"
    )
    bundle = bundle_path(folder, DeployOptions())
    assert bundle.example == [{"zip": "9000", "city": "Gent"}, {"zip": "59000", "city": "Lille"}]
    inputs = bundle.manifest.signature.inputs if bundle.manifest.signature else None
    assert isinstance(inputs, Columns)
    assert [(column.name, column.type) for column in inputs.columns] == [
        ("zip", "string"), ("city", "string"), ("rooms", "int64"),
    ]  # fmt: skip
    assert inputs.container == "pandas"


@pytest.mark.parametrize("example", ['file = "rows.csv"', "inputs = [{ a = 7.5 }]"])
def test_the_example_of_a_recipe_comes_before_the_first_rows_of_its_baseline(tmp_path: Path, example: str) -> None:
    recipe = f'[model]\nname = "sums"\npredict = "predict.py:predict"\n[example]\n{example}\n'
    folder = folder_with(tmp_path, recipe, predict_py="def predict(rows): ...\n", rows_csv="a\n7.5\n")
    baseline = [{"a": 1.0}, {"a": None}]
    assert bundle_path(folder, DeployOptions(baseline=baseline)).example == [{"a": 7.5}]
    assert bundle_path(folder, DeployOptions(baseline=baseline, example=[{"a": 2.5}])).example == [{"a": 2.5}]
    (folder / "unshelf.toml").write_text(recipe.partition("[example]")[0])
    assert bundle_path(folder, DeployOptions(baseline=baseline)).example == baseline


def test_a_signature_given_with_the_deploy_takes_the_place_of_the_recipe_s(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, SIGNATURE.format(more=""), predict_py="def predict(rows): ...\n")
    bundle = bundle_path(folder, DeployOptions(signature={"inputs": {"a": float}, "container": "pandas"}))
    inputs = bundle.manifest.signature.inputs if bundle.manifest.signature else None
    assert isinstance(inputs, Columns)
    assert ([column.name for column in inputs.columns], inputs.container) == (["a"], "pandas")


def test_a_signature_says_more_of_what_mlflow_saved(tmp_path: Path) -> None:
    """Given a column that MLflow lets a request leave out, then a default takes its place and the rest stays."""
    columns = '[{"type": "long", "name": "n", "required": false}, {"type": "string", "name": "s", "required": true}]'
    folder = mlflow_folder(tmp_path, b"scikit-learn==1.6.1\n")
    with (folder / "MLmodel").open("a") as file:
        file.write(f"signature:\n  inputs: '{columns}'\n  outputs: null\n  params: null\n")
    bundle = bundle_path(folder, DeployOptions(signature={"inputs": {"n": {"type": "integer", "default": 3}}}))
    found = bundle.manifest.signature
    assert found is not None
    assert isinstance(found.inputs, Columns)
    assert msgspec.to_builtins(found.inputs.columns) == [
        {"name": "n", "type": "int64", "default": 3}, {"name": "s", "type": "string"},
    ]  # fmt: skip
    with pytest.raises(InvalidModel, match="its type is string, but the signature in MLmodel has int64"):
        bundle_path(folder, DeployOptions(signature={"inputs": {"n": "string"}}))
