"""Objects of libraries given to `unshelf.deploy` as they are: they answer over HTTP as in the process that made them."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.support.platform import Platform
from tests.support.training import run_training, training_python

SCRIPTS = Path(__file__).parent / "frameworks"
HEAVY, LONG = pytest.mark.heavy, pytest.mark.long
pytestmark = pytest.mark.timeout(1800)  # each script deploys several objects of large libraries

PACKAGES = {
    "keras": ("keras==3.15.1", "torch==2.13.0"),
    "transformers": ("transformers==5.24.0", "torch==2.13.0", "pillow==13.0.0"),
    "statsmodels": ("statsmodels==0.15.0",),
    "prophet": ("prophet==1.5.0",),
    "notebook": ("ipykernel==7.4.0", "nbclient==0.11.0", "cloudpickle==3.1.2"),
}


Given = Callable[[str], Path]


@pytest.fixture(scope="module")
def given(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Given:
    """Run the script of a library, once; gives the folder in which it left what its deployed objects shall answer."""

    @cache
    def run(library: str) -> Path:
        folder = tmp_path_factory.mktemp(library)
        python = training_python(*PACKAGES[library])
        run_training(python, SCRIPTS / f"give_{library}.py", str(folder), environment=platform.environment())
        return folder

    return run


def left(folder: Path, model: str) -> tuple[list[Any], Any]:
    found = json.loads((folder / f"{model}.json").read_text())
    return found["rows"], found["expected"]


CASES = {
    "keras-sequential": ("keras", HEAVY),
    "keras-functional": ("keras", HEAVY),
    "keras-file": ("keras", HEAVY),
    "hf-texts": ("transformers", HEAVY),
    "hf-network": ("transformers", HEAVY),
    "hf-images": ("transformers", HEAVY),
    "sm-formula": ("statsmodels", LONG),
    "sm-sarimax": ("statsmodels", LONG),
    "sm-regressors": ("statsmodels", LONG),
}


@pytest.mark.parametrize(
    ("library", "model"), [pytest.param(library, model, marks=mark) for model, (library, mark) in CASES.items()]
)
def test_it_answers_as_where_it_was_made(platform: Platform, given: Given, library: str, model: str) -> None:
    rows, expected = left(given(library), model)
    assert platform.predict(model, rows) == expected


@pytest.mark.heavy
def test_a_tensor_model_is_asked_by_the_names_of_its_inputs(platform: Platform, given: Given) -> None:
    rows, expected = left(given("keras"), "keras-functional")
    tensors = [
        {"name": "left", "datatype": "FP32", "shape": [1, 4], "data": rows[0]["left"]},
        {"name": "right", "datatype": "INT32", "shape": [1, 2, 3], "data": [rows[0]["right"]]},
    ]
    answer = platform.http.post("/v2/models/keras-functional/infer", json={"inputs": tensors})
    assert answer.status_code == 200, answer.text
    assert {output["name"]: output["data"] for output in answer.json()["outputs"]} == expected[0]


@pytest.mark.long
def test_prophet_answers_a_whole_forecast(platform: Platform, given: Given) -> None:
    rows, expected = left(given("prophet"), "prophet")
    answers = platform.predict("prophet", rows)
    assert [{name: answer[name] for name in ("ds", "yhat")} for answer in answers] == expected


@pytest.mark.long
def test_classes_and_asynchronous_code_of_a_notebook(platform: Platform, given: Given) -> None:
    given("notebook")
    for model in ("notebook-model", "notebook-asynchronous"):
        assert platform.predict(model, [{"a": 10}, {"a": 2}]) == [31, 7]
    assert platform.predict("notebook-chunks", [{"a": 10}, {"a": 2}]) == [10, 2]
