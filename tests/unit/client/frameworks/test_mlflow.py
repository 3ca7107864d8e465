"""MLflow model folders are read without MLflow, and without running anything of them."""

import json

import pytest

from unshelf.client import frameworks
from unshelf.client.errors import InvalidModel
from unshelf.contracts.signature import Column, Columns, Tensor, Tensors

MLMODEL = """\
flavors:
  python_function:
    loader_module: mlflow.sklearn
    python_version: 3.10.4
mlflow_version: 3.1.0
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "MLmodel").write_text(MLMODEL)
    (tmp_path / "requirements.txt").write_text("mlflow==3.1.0\n# by hand\nscikit-learn==1.6.1  # the model's\n")
    return tmp_path


def with_signature(folder, inputs, extra=""):
    signature = f"signature:\n  inputs: '{json.dumps(inputs)}'\n  outputs: null\n  params: null\n"
    (folder / "MLmodel").write_text(MLMODEL + signature + extra)


def test_requirements_and_python_become_the_environment(folder):
    found = frameworks.from_folder(folder)
    assert found.requirements_file == folder / "requirements.txt"
    assert found.library == "mlflow-skinny==3.1.0"
    assert found.python == "3.10.4"
    assert found.loader.kind == "mlflow"
    assert found.loader.format == "sklearn"
    assert found.contains_code
    assert frameworks.is_model_folder(folder)


def test_python_env_goes_before_the_flavors_version(folder):
    (folder / "python_env.yaml").write_text("python: 3.11.9\ndependencies:\n- -r requirements.txt\n")
    assert frameworks.from_folder(folder).python == "3.11.9"


def test_a_conda_file_stands_in_for_requirements(folder):
    (folder / "requirements.txt").unlink()
    (folder / "conda.yaml").write_text(
        "dependencies:\n- python=3.12.1\n- pip<=24\n- libgomp=13\n- pip:\n  - scikit-learn==1.6.1\n"
    )
    found = frameworks.from_folder(folder)
    assert found.python == "3.12.1"
    assert (found.requirements, found.requirements_file) == (["scikit-learn==1.6.1"], None)
    assert "libgomp=13" in found.notes[0]


def test_columns(folder):
    with_signature(
        folder,
        [
            {"type": "double", "name": "age", "required": True},
            {"type": "long", "name": "visits", "required": True},
            {"type": "string", "name": "town", "required": False},
            {"type": "datetime", "name": "since", "required": True},
            {"type": "array", "items": {"type": "double"}, "name": "history", "required": True},
        ],
    )
    assert frameworks.from_folder(folder).signature.inputs == Columns(
        columns=[
            Column(name="age", type="float64", nullable=True),
            Column(name="visits", type="int64"),
            Column(name="town", type="string", nullable=True, optional=True),
            Column(name="since", type="datetime"),
            Column(name="history", type="json"),
        ],
        container="pandas",
    )


def test_columns_that_may_be_left_out_and_those_without_a_name(folder):
    """Integers and MLflow know no gaps, so an optional one is there or is not; None among booleans is an object."""
    with_signature(
        folder, [{"type": "long", "name": "a", "required": False}, {"type": "boolean", "name": "b", "required": False}]
    )
    assert frameworks.from_folder(folder).signature.inputs.columns == [
        Column(name="a", type="int64", optional=True),
        Column(name="b", type="bool", nullable=True, optional=True, dtype="object"),
    ]
    with_signature(folder, [{"type": "string"}])
    assert frameworks.from_folder(folder).signature.inputs.columns == [Column(name="0", type="string", label=0)]


def test_tensors(folder):
    with_signature(folder, [{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 28, 28]}}])
    expected = Tensors(tensors=[Tensor(name="input", type="float32", shape=[-1, 28, 28])])
    assert frameworks.from_folder(folder).signature.inputs == expected


@pytest.mark.parametrize(
    "stored", [{"columns": ["age"], "data": [[1.0], [2.0]]}, {"inputs": [[1.0], [2.0]]}, [[1.0], [2.0]]]
)
def test_the_example_that_was_saved_with_it(stored, folder):
    (folder / "input_example.json").write_text(json.dumps(stored))
    info = "saved_input_example_info:\n  artifact_path: input_example.json\n  type: dataframe\n"
    with_signature(folder, [{"type": "double", "name": "age", "required": True}], info)
    assert frameworks.from_folder(folder).example == [[1.0], [2.0]]


def test_an_example_outside_of_the_folder_is_not_read(folder):
    (folder.parent / "outside.json").write_text("[[1.0]]")
    info = "saved_input_example_info:\n  artifact_path: ../outside.json\n  type: ndarray\n"
    with_signature(folder, [{"type": "double", "name": "age", "required": True}], info)
    assert frameworks.from_folder(folder).example is None


def test_without_a_signature_an_example_is_asked_for(folder):
    found = frameworks.from_folder(folder)
    assert found.signature is None
    assert "--example" in found.notes[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("flavors:\n  r_function: {}\n", "no python_function flavor"),
        ("{", "can't be read"),
        ("!!python/object/apply:os.system ['true']", "can't be read"),
    ],
)
def test_what_can_not_be_served_is_refused(text, says, folder):
    (folder / "MLmodel").write_text(text)
    with pytest.raises(InvalidModel, match=says):
        frameworks.from_folder(folder)
