"""A back-end engineer whose model takes its time: asks now, goes away, and finds the answer later."""

import json
from pathlib import Path

import pytest

import unshelf
from tests.support.models import write_model
from tests.support.platform import running_platform
from tests.support.waiting import wait_until

PATIENT = """
import time


def predict(rows):
    time.sleep(max(row["seconds"] for row in rows))
    return [{"twice": 2 * row["value"]} for row in rows]
"""
ROWS = [{"value": 4.0, "seconds": 0.5}, {"value": 0.5, "seconds": 0.0}]


@pytest.mark.long
def test_an_answer_that_is_found_later(tmp_path: Path) -> None:
    """Given a slow model, when it is asked to answer later, then it is found again by its address: by the process that asked, by a
    command, and after the platform was started anew; and a new version does not take its place."""
    folder = write_model(tmp_path / "patient", name="patient", code=PATIENT, example=[{"value": 1.0, "seconds": 0.0}])
    rows = tmp_path / "rows.json"
    rows.write_text(json.dumps(ROWS))
    with running_platform(tmp_path / "home") as platform:
        platform.cli("deploy", str(folder))
        with unshelf.Client(platform.url, platform.token) as client:
            later = client.submit("patient", ROWS)
            assert later.url.startswith(f"{platform.url}/models/patient/predictions/d")
            assert later.result(timeout=60) == [{"twice": 8.0}, {"twice": 1.0}]
            assert client.reopen(later.url).status()["outputs"] == later.result()
            assert client.reopen("patient", later.id).answer().id == later.status()["prediction_id"]

            unwanted = client.submit("patient", [{"value": 1.0, "seconds": 4.0}])
            with pytest.raises(unshelf.NotFinished):
                unwanted.result(timeout=0.2)
            wait_until(lambda: unwanted.status()["status"] == "running", what="it runs")
            assert unwanted.cancel() is True
            with pytest.raises(unshelf.UnshelfError) as cancelled:
                unwanted.result(timeout=60)
            assert cancelled.value.code == "cancelled"

            wrong = client.submit("patient", [{"value": "many"}])
            with pytest.raises(unshelf.InvalidInput, match="value"):
                wrong.result(timeout=60)

        # The worker was not stopped by the cancelling: what is asked next waits behind it, so that a restart meets it undone.
        url = platform.cli("predict", "patient", "--data", str(rows), "--async").stdout.strip()
        path = url.removeprefix(platform.url)
        platform.cli("deploy", str(folder), "--release")
    with running_platform(tmp_path / "home") as platform:
        shown = platform.cli("deferred", path, "--wait", "--json")
        found = json.loads(shown.stdout)
        assert (found["version"], found["outputs"]) == (1, [{"twice": 8.0}, {"twice": 1.0}])
        assert "succeeded" in platform.cli("deferred", path).stdout
        printed = platform.cli("predict", "patient", "--data", str(rows), "--async", "--wait")
        assert [json.loads(line) for line in printed.stdout.splitlines()] == [{"twice": 8.0}, {"twice": 1.0}]
        assert platform.cli("deferred", path, "--cancel", "--json").stdout.count("false") == 1
        gone = platform.cli("deferred", path, check=False)
        assert gone.returncode == 1
        assert "not_found" in gone.stderr
