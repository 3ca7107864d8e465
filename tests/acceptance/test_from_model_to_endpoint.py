"""A data scientist publishes a model; a colleague with a key calls it; its next version goes live and is taken back."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.models import write_model
from tests.support.platform import Platform
from tests.support.training import copy_tracked_files, training_python
from tests.support.waiting import wait_until

TRAIN = """
import unshelf
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
deployed = unshelf.deploy(model, name="tumour", example=X[:5], baseline=X)
assert unshelf.predict("tumour", X[:20]) == model.predict(X[:20]).tolist()
print(deployed.version)
"""


def test_from_a_training_script_to_a_colleague_with_a_key(platform: Platform, tmp_path: Path) -> None:
    """Given a trained model, when its script calls unshelf.deploy, then anyone with a key for it can call it, and nobody else."""
    script = tmp_path / "train.py"
    script.write_text(TRAIN)
    done = subprocess.run(
        [sys.executable, str(script)],
        env=platform.environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split()[-1] == "1"

    created = json.loads(platform.cli("keys", "create", "reception", "--model", "tumour", "--json").stdout)
    colleague = platform.client(created["token"])
    row = json.loads(platform.cli("show", "tumour", "--json").stdout)["version"]["signature"]["inputs"]["columns"]
    values = [10.0] * len(row)
    assert colleague.post("/models/tumour/predict", json={"inputs": [values]}).status_code == 200
    assert colleague.post("/models/other/predict", json={"inputs": [values]}).status_code == 403
    assert platform.client(None).post("/models/tumour/predict", json={"inputs": [values]}).status_code == 401

    platform.cli("keys", "revoke", created["id"])
    wait_until(
        lambda: colleague.post("/models/tumour/predict", json={"inputs": [values]}).status_code == 401,
        what="the revoked key is refused",
    )


def test_a_second_version_waits_until_it_is_released_and_can_be_taken_back(platform: Platform, tmp_path: Path) -> None:
    """Given a live version, when the next is deployed, then both answer at their addresses, and the release moves and comes back."""
    folder = write_model(tmp_path / "m", name="sums")
    platform.cli("deploy", str(folder))
    (folder / "predict.py").write_text("def predict(rows):\n    return [row['a'] * row['b'] for row in rows]\n")
    second = json.loads(platform.cli("deploy", str(folder), "--json").stdout.splitlines()[-1])
    assert second["version"] == 2
    row = [{"a": 3.0, "b": 4.0}]
    assert (platform.predict("sums", row), platform.predict("sums:1", row), platform.predict("sums:2", row)) == (
        [7.0],
        [7.0],
        [12.0],
    )

    platform.cli("alias", "sums", "candidate", "2")
    assert platform.predict("sums@candidate", row) == [12.0]
    platform.cli("release", "sums", "2")
    wait_until(lambda: platform.predict("sums", row) == [12.0], what="version 2 is live")
    platform.cli("rollback", "sums")
    wait_until(lambda: platform.predict("sums", row) == [7.0], what="version 1 is live again")

    platform.cli("release", "sums", "2", "--percent", "50")
    wait_until(lambda: platform.predict("sums", row) == [12.0], what="version 2 has a share")
    seen = {platform.predict("sums", row)[0] for _ in range(60)}
    assert seen == {7.0, 12.0}


def test_a_paused_model_says_so_and_goes_on_when_resumed(platform: Platform, tmp_path: Path) -> None:
    """Given a live model, when it is paused, then callers are told with 503, and after resume it answers as before."""
    platform.cli("deploy", str(write_model(tmp_path / "m", name="pausable")))
    row = {"inputs": [{"a": 1.0, "b": 1.0}]}
    platform.cli("pause", "pausable")
    wait_until(lambda: platform.http.post("/models/pausable/predict", json=row).status_code == 503, what="paused")
    assert platform.http.post("/models/pausable/predict", json=row).json()["code"] == "paused"
    platform.cli("resume", "pausable")
    wait_until(lambda: platform.http.post("/models/pausable/predict", json=row).status_code == 200, what="resumed")


def test_the_log_says_which_version_answered_whom_with_what(platform: Platform, tmp_path: Path) -> None:
    """Given calls that worked and calls that did not, when the owner looks at the log, then each is there with all its facts."""
    platform.cli("deploy", str(write_model(tmp_path / "m", name="logged")))
    token = platform.key(models=["logged"])
    caller = platform.client(token)
    good = caller.post("/models/logged/predict", json={"inputs": [{"a": 1.0, "b": 2.0}]})
    bad = caller.post("/models/logged@nobody/predict", json={"inputs": []})
    wrong = caller.post("/models/logged:1/predict", json={"inputs": [{"a": "x", "b": 2.0}]})
    assert (good.status_code, bad.status_code, wrong.status_code) == (200, 404, 422)
    assert wrong.json()["errors"][0] == {"row": 0, "column": "a", "expected": "float64", "got": '"x"'}

    lines = [json.loads(line) for line in platform.cli("logs", "logged", "--tail", "10", "--json").stdout.splitlines()]
    mine = {line["id"]: line for line in lines}
    answered = mine[good.headers["X-Prediction-Id"]]
    assert (answered["version"], answered["status"], answered["output"]) == (1, 200, [3.0])
    assert answered["input"] == {"inputs": [{"a": 1.0, "b": 2.0}]}
    assert answered["latency_ms"] > 0
    assert mine[wrong.headers["X-Prediction-Id"]]["status"] == 422
    assert mine[bad.headers["X-Prediction-Id"]]["status"] == 404


def test_a_model_that_fails_its_check_is_not_registered_and_says_what_to_do(platform: Platform, tmp_path: Path) -> None:
    """Given a model that needs a package nobody listed, when it is deployed, then nothing is registered and the hint names it."""
    folder = write_model(
        tmp_path / "m", name="broken", code="import six\n\ndef predict(rows):\n    return [1.0 for _ in rows]\n"
    )
    done = platform.cli("deploy", str(folder), check=False)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert "check" in said
    assert "six" in said
    assert "requirements" in said
    assert "Traceback" not in done.stderr
    assert platform.http.get("/api/v1/models/broken").status_code == 404
    (folder / "unshelf.toml").write_text(
        (folder / "unshelf.toml").read_text().replace("requirements = []", 'requirements = ["six"]')
    )
    platform.cli("deploy", str(folder))
    assert platform.predict("broken", [{"a": 1.0, "b": 1.0}]) == [1.0]


def test_a_removed_model_is_gone_and_its_numbers_are_never_given_again(platform: Platform, tmp_path: Path) -> None:
    """Given a model, when it is removed and deployed again, then its next version has a new number."""
    folder = write_model(tmp_path / "m", name="phoenix")
    platform.cli("deploy", str(folder))
    platform.cli("remove", "phoenix", "--yes")
    row = {"inputs": [{"a": 1.0, "b": 1.0}]}
    wait_until(lambda: platform.http.post("/models/phoenix/predict", json=row).status_code == 404, what="gone")
    again = json.loads(platform.cli("deploy", str(folder), "--json").stdout.splitlines()[-1])
    assert again["version"] == 2


@pytest.mark.parametrize(
    "example",
    [
        "diabetes-folder",
        "train-job",
        "flights",
        *(pytest.param(each, marks=pytest.mark.long) for each in ("breast-cancer", "digits-tensor")),
    ],
)
def test_each_example_runs_as_its_readme_says(platform: Platform, tmp_path: Path, example: str) -> None:
    """Given a copy of an example folder, when its README's commands are run in order, then each ends well.

    `pip install` makes an environment of its own, and `unshelf up` is the platform that is running already."""
    copy = tmp_path / example
    copy_tracked_files(f"examples/{example}", copy)
    install, *commands = [
        line.removeprefix("$ ").split("#")[0].strip()
        for block in (copy / "README.md").read_text().split("```")[1::2]
        for line in block.splitlines()
        if line.startswith("$ ") and not line.startswith("$ unshelf up")
    ]
    assert install.startswith("pip install unshelf ")
    wanted = install.removeprefix("pip install unshelf ").split()
    if wanted[0] == "-r":
        wanted = (copy / wanted[1]).read_text().split()
    python = training_python(*wanted)
    assert commands, f"the README of {example} shows no command"
    environment = {**platform.environment(), "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
    for command in commands:
        done = subprocess.run(
            ["bash", "-euc", command],
            cwd=copy,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"$ {command}\n{done.stdout}\n{done.stderr}"
