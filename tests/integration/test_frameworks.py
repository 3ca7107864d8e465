"""Each framework, deployed from an environment of its own: every protocol answers what the model answers in process, bit for bit."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tritonclient.http as triton

from tests.support.platform import Platform
from tests.support.training import run_training, training_python

SCRIPTS = Path(__file__).parent / "frameworks"
CHUNK = 64
"""Rows a call, as in frameworks/case.py: bits may depend on how many rows are computed together."""
SCIKIT = ("scikit-learn==1.9.1", "skops==0.16.0", "pandas==3.1.1")


@dataclass(frozen=True)
class Trained:
    """A deployed model, its test set and what it answered in its own process."""

    name: str
    rows: list[Any]
    tensors: dict[str, np.ndarray]
    expected: np.ndarray
    singles: np.ndarray
    folder: Path


CASES = {
    "sklearn": SCIKIT,
    "sklearn_table": SCIKIT,
    "sklearn_joblib": SCIKIT,
    "python": (*SCIKIT, "cloudpickle==3.1.2"),
    "xgboost": (*SCIKIT, "xgboost-cpu==3.2.0"),
    "lightgbm": (*SCIKIT, "lightgbm==4.7.0"),
    "catboost": (*SCIKIT, "catboost==1.2.10"),
    "onnx": (*SCIKIT, "skl2onnx==1.20.0", "onnxruntime==1.31.1"),
    "torch_export": (*SCIKIT, "torch==2.13.0"),
    "torch_script": (*SCIKIT, "torch==2.13.0"),
    "torch_state": (*SCIKIT, "torch==2.13.0"),
    "mlflow": (*SCIKIT, "mlflow==3.17.2"),
}
LONG = {"sklearn", "sklearn_table", "sklearn_joblib", "python"}
"""Cases that need no large framework; `make test-heavy` proves the same of a larger one."""


def _cases() -> list[Any]:
    return [pytest.param(case, marks=pytest.mark.long if case in LONG else pytest.mark.heavy) for case in CASES]


@pytest.fixture(scope="module", params=_cases())
def trained(request: pytest.FixtureRequest, platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    case = request.param
    folder = tmp_path_factory.mktemp(case)
    name = case.replace("_", "-")
    run_training(
        training_python(*CASES[case]),
        SCRIPTS / f"train_{case}.py",
        name,
        str(folder),
        environment=platform.environment(),
    )
    with np.load(folder / "tensors.npz") as stored:
        tensors = {key: stored[key] for key in stored.files}
    rows = json.loads((folder / "rows.json").read_text())
    expected, singles = np.load(folder / "expected.npy"), np.load(folder / "singles.npy")
    return Trained(name, rows, tensors, expected, singles, folder)


def _same_bits(outputs: Any, expected: np.ndarray) -> None:
    """Equal in every bit; numbers came through JSON or binary, so they are first given the type that the model answers in."""
    got = np.asarray(outputs, dtype=expected.dtype).reshape(expected.shape)
    assert got.tobytes() == expected.tobytes()


def _pick(outputs: Any, trained: Trained) -> Any:
    """The answer to compare: of a model with several outputs, the one that the test set has."""
    if outputs and isinstance(outputs[0], dict) and "probabilities" in outputs[0]:
        return [row["probabilities"] for row in outputs]
    return outputs


def _native(platform: Platform, trained: Trained, chunk: int, rows: list[Any]) -> list[Any]:
    return [
        output
        for start in range(0, len(rows), chunk)
        for output in platform.predict(trained.name, rows[start : start + chunk])
    ]


def test_native_in_batches_and_one_by_one(platform: Platform, trained: Trained) -> None:
    _same_bits(_pick(_native(platform, trained, CHUNK, trained.rows), trained), trained.expected)
    singles = _native(platform, trained, 1, trained.rows[: len(trained.singles)])
    _same_bits(_pick(singles, trained), trained.singles)


def test_mlflow_protocol(platform: Platform, trained: Trained) -> None:
    answers = []
    for start in range(0, len(trained.rows), CHUNK):
        rows = trained.rows[start : start + CHUNK]
        body: dict[str, Any] = {"dataframe_records": rows} if isinstance(rows[0], dict) else {"inputs": rows}
        answer = platform.http.post(f"/models/{trained.name}/invocations", json=body)
        assert answer.status_code == 200, answer.text
        predictions = answer.json()["predictions"]
        answers += predictions["probabilities"] if isinstance(predictions, dict) else predictions
    _same_bits(_pick(answers, trained), trained.expected)


@pytest.mark.parametrize("binary", [True, False])
def test_open_inference_v2_by_tritonclient(platform: Platform, trained: Trained, binary: bool) -> None:
    client = triton.InferenceServerClient(platform.url.removeprefix("http://"))
    headers = {"Authorization": f"Bearer {platform.token}"}
    metadata = client.get_model_metadata(trained.name, headers=headers)
    assert {tensor["name"] for tensor in metadata["inputs"]} == set(trained.tensors)
    datatypes = {tensor["name"]: tensor["datatype"] for tensor in metadata["inputs"]}
    wanted = "probabilities" if trained.name == "onnx" else metadata["outputs"][0]["name"]
    parts = []
    for start in range(0, len(trained.rows), CHUNK):
        inputs = []
        for name, array in trained.tensors.items():
            part = array[start : start + CHUNK]
            tensor = triton.InferInput(name, list(part.shape), datatypes[name])
            tensor.set_data_from_numpy(part.astype(object) if datatypes[name] == "BYTES" else part, binary_data=binary)
            inputs.append(tensor)
        outputs = [triton.InferRequestedOutput(wanted, binary_data=binary)]
        result = client.infer(trained.name, inputs, outputs=outputs, headers=headers).as_numpy(wanted)
        parts.append(result)
    got = np.concatenate(parts)
    if got.dtype == object:
        got = np.array([value.decode() if isinstance(value, bytes) else value for value in got])
    assert got.dtype.kind == trained.expected.dtype.kind
    _same_bits(got, trained.expected)
    client.close()


@pytest.mark.parametrize("trained", [pytest.param("mlflow", marks=pytest.mark.heavy)], indirect=True)
def test_the_payload_that_mlflow_itself_makes_is_understood(platform: Platform, trained: Trained) -> None:
    payload = (trained.folder / "payload.json").read_text()
    answer = platform.http.post(
        f"/models/{trained.name}/invocations", content=payload, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 200, answer.text
    _same_bits(answer.json()["predictions"], trained.expected)
    read = """
import sys
from mlflow.deployments import PredictionsResponse
print(len(PredictionsResponse.from_json(sys.stdin.read()).get_predictions()))
"""
    done = subprocess.run(
        [str(training_python(*CASES["mlflow"])), "-c", read],
        input=answer.text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == str(len(trained.rows)), done.stderr


@pytest.mark.long
def test_two_versions_with_conflicting_packages_answer_side_by_side(platform: Platform, tmp_path: Path) -> None:
    """Given one model trained with scikit-learn 1.5 and NumPy 1, and again with 1.9 and NumPy 2, then both answer at the same time."""
    old = training_python("scikit-learn==1.5.2", "numpy==1.26.4", "skops==0.11.0", "pandas==2.2.3")
    new = training_python(*CASES["sklearn"])
    for number, python in enumerate([old, new], start=1):
        folder = tmp_path / str(number)
        folder.mkdir()
        run_training(python, SCRIPTS / "train_sklearn.py", "conflict", str(folder), environment=platform.environment())
    packages = []
    for number in (1, 2):
        rows = json.loads((tmp_path / str(number) / "rows.json").read_text())[:CHUNK]
        expected = np.load(tmp_path / str(number) / "expected.npy")[:CHUNK]
        _same_bits(platform.predict(f"conflict:{number}", rows), expected)
        shown = platform.http.get(f"/api/v1/models/conflict:{number}").json()["version"]
        packages.append({package["name"]: package["version"] for package in shown["packages"]})
    assert (packages[0]["scikit-learn"], packages[0]["numpy"].split(".")[0]) == ("1.5.2", "1")
    assert (packages[1]["scikit-learn"], packages[1]["numpy"].split(".")[0]) == ("1.9.1", "2")
    running = {
        replica["version"]
        for replica in platform.http.get("/api/v1/machine").json()["replicas"]
        if replica["model"] == "conflict"
    }
    assert running == {1, 2}
