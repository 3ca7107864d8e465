"""Records, as their owners meet them: chosen with the model, asked by SQL, kept across restarts, found in Parquet."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.backends import BACKENDS
from tests.support.models import write_model
from tests.support.platform import Platform, running_platform
from tests.support.waiting import wait_until

SECRET = "123-45-6789"
CODE = """
def predict(rows):
    return [row["age"] * 2.0 for row in rows]
"""
EXAMPLE = [{"age": 1.0, "ssn": "x"}, {"age": 2.0, "ssn": "y"}]


def ask(platform: Platform, sql: str, *model: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in platform.cli("logs", *model, "--sql", sql, "--json").stdout.splitlines()]


def merged(home: Path) -> bool:
    """Whether the records of the model `sums` are one merged file in the archive."""
    files = [name for name in BACKENDS.archive(home) if name.startswith("model=sums/")]
    return len(files) == 1 and ".merged-" in files[0]


@pytest.mark.long
def test_a_model_with_secrets_from_its_first_prediction_to_parquet(tmp_path: Path) -> None:
    """Given a model that redacts a column and wants its records on the disk, when it is called and the server restarts, then each
    call is found once, typed, without the secret, wherever one looks."""
    home = tmp_path / "home"
    recording = '\n[recording]\nredact = ["ssn"]\ndurability = "disk"\n'
    folder = write_model(tmp_path / "loans", name="loans", code=CODE, example=EXAMPLE, extra=recording)
    with running_platform(home, gateways="2", segment_bytes="4096") as platform:
        platform.cli("deploy", str(folder))
        for age in range(100):
            assert platform.predict("loans", [{"age": float(age), "ssn": SECRET}]) == [age * 2.0]
        csv = platform.http.post(
            "/models/loans/invocations", content=f"age,ssn\n100,{SECRET}\n", headers={"Content-Type": "text/csv"}
        )
        assert csv.status_code == 200, csv.text
        wait_until(lambda: any((home / "predictions").glob("parquet/model=loans/*/*/*")), seconds=120, what="Parquet")
        assert len(platform.records("loans")) == 101
        assert ask(platform, "select sum(in_age[1]) as ages, sum(out[1]) as outs, count(*) as n from predictions") == [
            {"ages": 5050.0, "outs": 10100.0, "n": 101}
        ]
    with running_platform(home) as platform:
        records = platform.records("loans")
        assert len({record["id"] for record in records}) == len(records) == 101
        assert records[0]["input"] == {"inputs": [{"age": 0.0, "ssn": "[redacted]"}]}
        wait_until(lambda: len(list((home / "predictions").glob("*.seg"))) <= 1, seconds=120, what="all is Parquet")
        assert ask(platform, "select count(*) as n from predictions where input like '%[redacted]%'", "loans") == [
            {"n": 101}
        ]
        refused = platform.cli("logs", "--sql", "select * from read_csv('/etc/passwd')", check=False)
        assert refused.returncode == 1
    for path in (home / "predictions").rglob("*"):
        assert path.is_dir() or SECRET.encode() not in path.read_bytes()


@pytest.mark.long
def test_small_files_of_a_day_become_one_and_nobody_misses_a_record(tmp_path: Path) -> None:
    """Given a model whose records became many small files, when the server starts again, then they are one, and the log and SQL find
    what they found before."""
    home = tmp_path / "home"
    folder = write_model(tmp_path / "sums", name="sums")
    with running_platform(home, gateways="1", segment_bytes="4096") as platform:
        platform.cli("deploy", str(folder))
        for number in range(200):
            platform.predict("sums", [{"a": float(number), "b": 1.0}])
        before = [record["id"] for record in platform.records("sums")]
    with running_platform(home, gateways="1") as platform:
        wait_until(lambda: merged(home), what="one merged file, where records end up")
        assert [record["id"] for record in platform.records("sums")] == before
        assert ask(platform, "select count(*) as n, count(distinct id) as ids from predictions", "sums") == [
            {"n": 200, "ids": 200}
        ]


CLASSIFIER = """
class Churn:
    classes_ = ["no", "yes"]

    def predict(self, rows):
        return ["yes" if row["spend"] < 10 else "no" for row in rows]

    def predict_proba(self, rows):
        return [[row["spend"] / 20, 1 - row["spend"] / 20] for row in rows]


predict = Churn
"""


def test_scores_of_a_classifier_are_recorded_and_sent_to_nobody(tmp_path: Path) -> None:
    """Given a classifier whose scores are to be recorded, when it is called and scores a table, then its answers are the classes alone, and
    its owner finds the scores in the log, by SQL, and as a role of its columns."""
    folder = write_model(
        tmp_path / "churn", name="churn", code=CLASSIFIER, example=[{"spend": 4.0}, {"spend": 15.0}],
        extra='\n[monitoring]\nscores = "predict_proba"\n',
    )  # fmt: skip
    rows = [{"spend": 5.0}, {"spend": 15.0}]
    with running_platform(tmp_path / "home") as platform:
        said = platform.cli("deploy", str(folder))
        assert "Scores are recorded beside answers: predict_proba is a second call" in said.stdout + said.stderr
        answer = platform.http.post("/models/churn/predict", json={"inputs": rows})
        assert answer.json().keys() == {"id", "model", "version", "outputs"}
        assert answer.json()["outputs"] == ["yes", "no"]
        v2 = platform.http.post(
            "/v2/models/churn/infer",
            json={"inputs": [{"name": "spend", "shape": [1], "datatype": "FP64", "data": [5.0]}]},
        )
        assert [each["data"] for each in v2.json()["outputs"]] == [["yes"]]
        expected = [[[0.25, 0.75], [0.75, 0.25]], [[0.25, 0.75]]]
        wait_until(lambda: len(platform.records("churn")) == 2, what="both are recorded")
        assert [record["scores"] for record in platform.records("churn")] == expected
        assert [
            row["scores"] for row in ask(platform, "select scores from predictions order by time", "churn")
        ] == expected
        (tmp_path / "rows.csv").write_text("spend\n5.0\n15.0\n")
        platform.cli("score", "churn", "--data", str(tmp_path / "rows.csv"), "--out", str(tmp_path / "out.csv"))
        batch = ask(platform, "select scores from predictions where purpose = 'batch'", "churn")
        assert batch == [{"scores": expected[0]}]
        roles = json.loads(platform.cli("columns", "show", "churn", "--json").stdout)
        assert (roles["scores"], roles["recorded_scores"], roles["classes"]) == (
            "predict_proba",
            "predict_proba",
            ["no", "yes"],
        )
