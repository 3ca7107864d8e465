"""A deploy sends what is missing, tells each step once, and ends with a version or with the reason why not."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import unshelf
from tests.support.control import Control
from tests.support.routes import TOKEN
from unshelf.client import deploy
from unshelf.client.bundling.bundle import DeployOptions
from unshelf.client.client import Client
from unshelf.client.errors import DeployFailed, InvalidModel, UnshelfError
from unshelf.client.results import Event

pytestmark = pytest.mark.runs_program


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "predict.py").write_text("def predict(rows):\n    return rows\n")
    (tmp_path / "unshelf.toml").write_text(
        '[model]\nname = "echo"\npredict = "predict.py:predict"\n[example]\ninputs = [1.5]\n'
    )
    return tmp_path


def test_files_are_sent_once_and_the_version_is_told(control: Control, client: Client, folder: Path) -> None:
    """Given a folder that is deployed twice, then the second time no file is sent."""
    control.deploys(name="echo")
    deployed = client.deploy(folder)
    assert (deployed.reference, deployed.version, deployed.live) == ("echo:1", 1, True)
    assert deployed.url == f"{control.url}/models/echo/predict"
    assert set(deployed.steps) == {"bundle", "upload", "lock", "build", "check", "register", "start", "release"}
    assert deployed.example == [1.5]
    manifest = control.calls("POST", "/api/v1/deploys")[0].json["manifest"]
    assert {file["sha256"] for file in manifest["files"]} == set(control.blobs)

    sent = len(control.blobs)
    client.deploy(folder)
    assert len([one for one in control.asked if one.method == "PUT"]) == sent


def test_a_version_that_is_not_live_is_called_by_its_number(control: Control, client: Client, folder: Path) -> None:
    control.deploys(name="echo", version=2, live=False)
    assert client.deploy(folder).url == f"{control.url}/models/echo:2/predict"


def test_a_stream_that_breaks_is_taken_up_where_it_broke(control: Control, client: Client, folder: Path) -> None:
    """Given a control plane that restarts during a deploy, when the client reconnects, then it tells each step once."""
    control.deploys(name="echo")
    whole = control.replies["GET", "/api/v1/deploys/d1/events"].pop()[1]
    control.reply("GET", "/api/v1/deploys/d1/events", whole[:4])
    control.reply("GET", "/api/v1/deploys/d1/events", None, 0)
    control.reply("GET", "/api/v1/deploys/d1/events", whole)
    events: list[Event] = []
    client.deploy(folder, report=events.append)
    seen = [(event.step, event.state) for event in events if event.step not in ("bundle", "upload")]
    assert seen == [(event["step"], event["state"]) for event in whole[:-1]]


def test_a_failed_step_is_told_with_its_reason_and_log(control: Control, client: Client, folder: Path) -> None:
    error = {"code": "check_failed", "step": "check", "detail": "No module named 'six'", "hint": "Add six.", "log": "…"}
    control.reply("POST", "/api/v1/deploys", {"id": "d1"}, 202)
    end = {"step": "end", "state": "failed", "version": None, "live": None, "reference": None, "error": error}
    control.reply("GET", "/api/v1/deploys/d1/events", [end])
    with pytest.raises(DeployFailed, match="No module named 'six'") as caught:
        client.deploy(folder)
    assert (caught.value.step, caught.value.hint, caught.value.code, caught.value.log) == (
        "check",
        "Add six.",
        "check_failed",
        "…",
    )


def test_a_blob_that_went_meanwhile_is_sent_again(control: Control, client: Client, folder: Path) -> None:
    control.problem("POST", "/api/v1/deploys", 409, "conflict", "Blobs are missing.")
    control.deploys(name="echo")
    assert client.deploy(folder).version == 1


def test_a_model_in_memory_with_the_shortcut(
    control: Control, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Given a fitted model, when unshelf.deploy is called, then its signature, pins and example go with it."""
    monkeypatch.setenv("UNSHELF_URL", control.url)
    monkeypatch.setenv("UNSHELF_TOKEN", TOKEN)
    control.deploys(name="risk")
    X = np.array([[0.0, 1.0], [1.0, np.nan]])
    model = LogisticRegression().fit([[0.0, 1.0], [1.0, 0.0]], [0, 1])
    unshelf.deploy(
        model, name="risk", example=X[:1], baseline=X, requirements=["six"], method="predict_proba", alias="champion"
    )
    asked = control.calls("POST", "/api/v1/deploys")[0].json
    manifest: dict[str, Any] = asked["manifest"]
    assert (asked["name"], asked["release"], asked["alias"]) == ("risk", None, "champion")
    assert (manifest["loader"]["kind"], manifest["loader"]["method"]) == ("sklearn", "predict_proba")
    assert manifest["signature"]["inputs"]["columns"][1] == {"name": "x1", "type": "float64", "nullable": True}
    assert {pin.partition("==")[0] for pin in manifest["requirements"]} >= {"scikit-learn", "numpy", "six"}
    said = capsys.readouterr().out
    assert "✓ check the model" in said
    assert "risk:1 (live)" in said


def test_a_model_needs_a_name(client: Client) -> None:
    with pytest.raises(InvalidModel, match="needs a name"):
        client.deploy(LogisticRegression().fit([[0.0], [1.0]], [0, 1]))


def test_code_goes_into_the_bundle_under_its_own_name(control: Control, client: Client, tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "__init__.py").write_text("import yaml\n")
    control.deploys(name="risk")
    model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    client.deploy(model, name="risk", options=DeployOptions(code=[tmp_path / "lib"]))
    manifest = control.calls("POST", "/api/v1/deploys")[0].json["manifest"]
    assert "lib/__init__.py" in {file["path"] for file in manifest["files"]}
    assert any(pin.lower().startswith("pyyaml==") for pin in manifest["requirements"])
    assert manifest["contains_code"]


def test_an_answer_carries_its_id_version_and_timings(control: Control, client: Client) -> None:
    body = {"id": "p1", "model": "risk", "version": 3, "outputs": [1, None]}
    control.reply("POST", "/models/risk@champion/predict", body, Server_Timing="queue;dur=0.25, predict;dur=1.5")
    answer = client.answer("risk@champion", np.array([[1.0], [np.nan]]))
    assert (answer.id, answer.version, answer.outputs) == ("p1", 3, [1, None])
    assert answer.timings == {"queue": 0.25, "predict": 1.5}
    assert control.asked[0].json == {"inputs": [[1.0], [None]]}


def test_many_files_are_sent_at_the_same_time_and_it_is_told_how_far_it_is(
    control: Control, client: Client, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deploy, "_TELL_SECONDS", 0.0)
    (folder / "data").mkdir()
    for number in range(60):
        (folder / "data" / f"{number}.txt").write_text(str(number))
    control.deploys(name="echo")
    events: list[Event] = []
    client.deploy(folder, report=events.append)
    told = [event.detail for event in events if (event.step, event.state) == ("upload", "info")]
    sent = [one.path for one in control.asked if one.method == "PUT"]
    assert len(sent) == len(set(sent)) >= 60
    assert told[-1] == f"{len(sent)} of {len(sent)} files are sent."


def test_the_first_file_that_is_refused_ends_the_rest(control: Control, client: Client, folder: Path) -> None:
    (folder / "data").mkdir()
    for number in range(200):
        (folder / "data" / f"{number}.txt").write_text(str(number))
    digest = hashlib.sha256(b"0").hexdigest()
    control.problem("PUT", f"/api/v1/blobs/{digest}", 413, "too_large", "The disk is full.")
    with pytest.raises(UnshelfError, match="The disk is full"):
        client.deploy(folder)
    assert not control.calls("POST", "/api/v1/deploys")
