"""A validator asks a version that nobody calls yet for data of their own, and an approver reads what was found."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.models import write_model
from tests.support.persons import Person, person
from tests.support.platform import Platform, running_platform

CODE = """
def predict(rows):
    return [int(row["income"] > 1000 // row["age"]) for row in rows]
"""
HOLDOUT = "income,age,name,good\n2000,40,ada,1\n10,40,bob,0\n10,40,cy,1\n2000,0,dan,1\n,30,eve,0\n"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with running_platform(tmp_path_factory.mktemp("checks") / "home") as running:
        running.cli("projects", "create", "credit")
        example = [{"income": 10.0, "age": 40}, {"income": 2000.0, "age": 20}]
        folder = write_model(tmp_path_factory.mktemp("model"), name="risk", code=CODE, example=example)
        running.cli("deploy", str(folder), "--project", "credit", "--no-release")
        yield running


@pytest.fixture(scope="module")
def validator(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Person:
    found = person(platform, tmp_path_factory.mktemp("vera"), "vera")
    platform.cli("roles", "grant", "vera", "validator", "--project", "credit")
    return found


@pytest.mark.long
def test_a_validator_checks_a_version_and_an_approver_reads_what_was_found(
    platform: Platform, validator: Person, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path / "holdout.csv"
    file.write_text(HOLDOUT)
    before = platform.http.get("/api/v1/models/risk").json()
    found = json.loads(validator.done("check", "risk:1", "--data", str(file), "--label", "good", "--json"))
    assert (found["rows"], found["answered"]) == (5, 3)
    assert found["failed"] == {"model_error": 1, "invalid_input": 1}
    assert [(each["row"], each["code"]) for each in found["failures"]] == [(3, "model_error"), (4, "invalid_input")]
    assert "column 'income'" in found["failures"][1]["detail"]
    assert found["unused"] == ["name"]
    assert found["quality"]["figures"]["accuracy"] == pytest.approx(2 / 3)
    assert 0 < found["latency"]["median"] <= found["latency"]["slowest"]
    assert "2 of 5" not in (said := validator.done("check", "risk:1", "--data", str(file), "--label", "good"))
    assert "3 of 5 rows answered" in said

    after = platform.http.get("/api/v1/models/risk").json()
    assert (after["release"], after["versions"]) == (before["release"], before["versions"]) == ([], before["versions"])
    records = platform.records("risk:1")
    assert {record["purpose"] for record in records} == {"check"}
    assert 'unshelf_requests_total{model="risk"' not in platform.http.get("/metrics").text

    approver = person(platform, tmp_path_factory.mktemp("alan"), "alan")
    platform.cli("roles", "grant", "alan", "approver", "--project", "credit")
    listed = json.loads(approver.done("check", "risk:1", "--json"))["checks"]
    assert listed[-1] == found
    refused = approver.cli("check", "risk:1", "--data", str(file))
    assert (refused.returncode, "model.check" in refused.stderr) == (1, True)
    events = [
        event for event in platform.http.get("/api/v1/audit").json()["events"] if event["action"] == "version.checked"
    ]
    assert [(event["subject"], event["actor"].partition(" ")[0]) for event in events] == [("risk:1", "vera")] * 2


def test_data_is_read_by_the_server_for_who_may_read_it(platform: Platform, validator: Person, tmp_path: Path) -> None:
    file = tmp_path / "holdout.csv"
    file.write_text(HOLDOUT.replace(",30,eve", "5,30,eve"))
    platform.cli("data", "add", "holdout", str(file), "--project", "credit")
    platform.cli("data", "add", "others", str(file))
    found = json.loads(validator.done("check", "risk:1", "--data", "data://holdout@1", "--rows", "3", "--json"))
    assert (found["rows"], found["data"], found["quality"]) == (3, "data://holdout@1", None)
    hidden = validator.cli("check", "risk:1", "--data", "data://others", "--label", "good")
    assert (hidden.returncode, "no data 'others'" in hidden.stderr) == (1, True)
    stranger = platform.client(platform.key(role="predict"))
    assert stranger.post("/api/v1/models/risk/checks", json={"rows": [{}]}).status_code == 403
