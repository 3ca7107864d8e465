"""Deploys of uploaded files on a real platform: the same bundle as `unshelf deploy PATH` makes, and the same answers."""

import io
import json
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from tests.support.models import write_model
from tests.support.platform import Platform
from tests.support.uploading import begin, contents_of, deploy, follow

DOUBLED = "def predict(rows):\n    return [2 * row['a'] for row in rows]\n"
WRONG = "import nowhere_to_be_found\n\n\ndef predict(rows):\n    return [0 for _ in rows]\n"


def end_of(events: list[dict[str, Any]]) -> dict[str, Any]:
    assert events[-1]["step"] == "end", events
    return events[-1]


def version_of(platform: Platform, reference: str) -> Any:
    return platform.http.get(f"/api/v1/models/{reference}").json()["version"]


def test_a_folder_becomes_the_bundle_that_the_command_makes_of_it(platform: Platform, tmp_path: Path) -> None:
    folder = write_model(tmp_path / "sent", name="anything")

    events = deploy(platform.http, "by-page", contents_of(folder))

    assert end_of(events)["state"] == "done", events
    assert [each["step"] for each in events if each["state"] == "done"][:4] == ["bundle", "lock", "build", "check"]
    assert platform.predict("by-page", [{"a": 1.5, "b": 2.0}]) == [3.5]
    platform.cli("deploy", str(folder), "--name", "by-command")
    by_page, by_command = (version_of(platform, f"{name}:1") for name in ("by-page", "by-command"))
    assert by_page["digest"] == by_command["digest"]


@pytest.mark.long
def test_a_pickle_in_an_environment_that_there_is_answers_as_the_model_does(platform: Platform, tmp_path: Path) -> None:
    numbers = np.random.default_rng(0).normal(size=(80, 3))
    model = LogisticRegression().fit(numbers, numbers[:, 0] > 0)
    written = io.BytesIO()
    joblib.dump(model, written)

    first = deploy(platform.http, "pickled", {"model.joblib": written.getvalue()})

    assert end_of(first)["state"] == "done", first
    assert platform.predict("pickled", numbers[:5].tolist()) == model.predict(numbers[:5]).tolist()
    environments = platform.http.get("/api/v1/environments").json()["environments"]
    used = next(each["hash"] for each in environments if "pickled:1" in each["versions"])
    again = deploy(platform.http, "pickled", {"model.joblib": written.getvalue()}, environment=used, max_replicas=2)
    assert end_of(again)["version"] == 2, again
    assert any(event["step"] == "build" and event["detail"] == "already there" for event in again)
    assert version_of(platform, "pickled:2")["environment"] == used


def test_an_mlflow_folder_is_read_by_its_mlmodel(platform: Platform) -> None:
    mlmodel = {"flavors": {"python_function": {"loader_module": "mlflow.sklearn", "python_version": "3.11.7"}}}

    events = deploy(
        platform.http, "flow", {"MLmodel": json.dumps(mlmodel).encode(), "model.pkl": b"\x80\x04N."}
    )  # without packages, as a folder that was copied in part

    error = end_of(events)["error"]
    assert error["step"] == "bundle"
    assert "requirements.txt" in error["detail"]


@pytest.mark.long
def test_what_failed_is_kept_to_be_changed_and_tried_again(platform: Platform, tmp_path: Path) -> None:
    contents = contents_of(write_model(tmp_path / "wrong", name="mended", code=WRONG))
    begun = begin(platform.http, "mended", contents, min_replicas=1, max_replicas=2)
    id = begun.json()["id"]

    failed = end_of(follow(platform.http, id))["error"]

    assert (failed["step"], failed["code"]) == ("check", "check_failed")
    assert "nowhere_to_be_found" in failed["detail"]
    kept = platform.http.get(f"/api/v1/deploys/{id}/files").json()
    assert kept["missing"] == []
    assert kept["request"]["min_replicas"] == 1
    mended = deploy(platform.http, "mended", {**contents, "predict.py": DOUBLED.encode()})
    assert end_of(mended)["state"] == "done", mended
    assert platform.predict("mended", [{"a": 4.0, "b": 0.0}]) == [8.0]


def test_a_deploy_of_files_can_be_cancelled_and_leaves_nothing(platform: Platform, tmp_path: Path) -> None:
    slow = "import time\n\ntime.sleep(600)\n\n\ndef predict(rows):\n    return []\n"
    begun = begin(platform.http, "given-up", contents_of(write_model(tmp_path / "slow", name="x", code=slow)))
    address = f"/api/v1/deploys/{begun.json()['id']}"
    with platform.http.stream("GET", f"{address}/events") as events:
        for line in events.iter_lines():
            event = json.loads(line)
            if (event["step"], event["state"]) == ("check", "started"):
                assert platform.http.post(f"{address}/cancel").is_success
            if event["step"] == "end":
                break

    assert event["error"]["code"] == "cancelled"
    assert platform.http.get("/api/v1/models/given-up").status_code == 404
