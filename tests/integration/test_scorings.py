"""Tables predicted by jobs on a whole platform: each row once whatever is killed, the answers of a prediction, nothing for the hostile."""

import contextlib
import csv
import json
import os
import signal
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import psutil
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from tests.support.hostile import REFUSED, TRICKS
from tests.support.models import write_model
from tests.support.platform import Platform, running_platform
from tests.support.waiting import wait_until

SLOW = """
import time
def predict(rows):
    time.sleep(0.00002 * len(rows))
    return [row["a"] * 2 for row in rows]
"""
TYPES = """
def predict(rows):
    return [repr(sorted(row.items())) for row in rows]
"""
FAULTY = """
import os, signal
def predict(rows):
    for row in rows:
        if row["a"] == 17:
            os.kill(os.getpid(), signal.SIGKILL)
        if row["a"] == 23:
            raise ValueError("not this one")
    return [{"double": row["a"] * 2, "text": str(row["a"])} for row in rows]
"""


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("scorings")
    with running_platform(folder / "home", gateways="1") as running:
        examples: dict[str, Any] = {"slow": [{"a": 1}], "faulty": [{"a": 1}, {"a": 2}]}
        for name, code in (("slow", SLOW), ("faulty", FAULTY)):
            running.cli("deploy", str(write_model(folder / name, name=name, code=code, example=examples[name])))
        yield running


def begin(platform: Platform, reference: str, data: Path | str, *options: str) -> str:
    said = platform.cli("score", reference, "--data", str(data), "--detach", "--json", *options).stdout
    return str(json.loads(said)["id"])


def show(platform: Platform, id: str) -> dict[str, Any]:
    return dict(platform.http.get(f"/api/v1/scorings/{id}").json())


def ended(platform: Platform, id: str, *, seconds: float = 120) -> dict[str, Any]:
    return wait_until(
        lambda: (found := show(platform, id))["ended_at"] and found, seconds=seconds, what="the scoring ends"
    )


def scored(platform: Platform, id: str) -> int:
    return int((show(platform, id)["progress"] or {"scored": 0})["scored"])


def programs(platform: Platform) -> list[psutil.Process]:
    """The processes of scorings, of this platform's environments alone."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        line = process.info["cmdline"] or []
        if line and line[-1].endswith("worker/scoring/__main__.py") and str(platform.home) in line[0]:
            found.append(process)
    return found


def recorded(platform: Platform, model: str) -> list[tuple[Any, ...]]:
    query = "select purpose, status, count(*), sum(batch_rows) from predictions group by all order by all"
    answer = platform.http.post("/api/v1/predictions/query", json={"sql": query, "model": model})
    return [tuple(row) for row in answer.json()["rows"]]


def counts(found: list[tuple[Any, ...]]) -> tuple[int, int]:
    """The records of batches that succeeded, and the rows that they have."""
    return next(((many, rows) for purpose, status, many, rows in found if (purpose, status) == ("batch", 200)), (0, 0))


@pytest.mark.parametrize(
    ("rows", "kills"),
    [
        pytest.param(200_000, ["programs"], id="200,000 rows"),
        pytest.param(10_000_000, ["programs", "host"], id="10 million rows", marks=pytest.mark.long),
    ],
)
def test_each_row_is_predicted_and_recorded_once_whatever_is_killed(
    platform: Platform, tmp_path: Path, rows: int, kills: list[str]
) -> None:
    numbers = np.arange(rows)
    pq.write_table(pa.table({"id": numbers, "a": numbers + rows}), tmp_path / "rows.parquet")
    before = recorded(platform, "slow")
    chunk = max(5_000, rows // 400)
    id = begin(
        platform, "slow", tmp_path / "rows.parquet", "--chunk", str(chunk), "--batch", "1000", "--tier", "medium"
    )
    for number, killed in enumerate(kills, 1):
        enough = rows * number // 4
        wait_until(lambda enough=enough: scored(platform, id) >= enough, seconds=600, what=f"{enough} rows are scored")
        if killed == "programs":
            for process in wait_until(lambda: programs(platform), what="its program runs"):
                with contextlib.suppress(psutil.NoSuchProcess):  # it ended with one that was killed before it
                    process.send_signal(signal.SIGKILL)
        else:
            platform.kill(killed)
    scoring = ended(platform, id, seconds=900)
    assert (scoring["state"], scoring["scored"], scoring["failed"]) == ("succeeded", rows, 0), scoring["reason"]
    assert len(platform.http.get(f"/api/v1/jobs/{scoring['job']}").json()["runs"]) >= 2
    platform.cli("scorings", "download", id, "--out", str(tmp_path / "out.parquet"))
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.column_names == ["id", "a", "prediction"]
    assert np.array_equal(table.column("id").to_numpy(), numbers)
    assert np.array_equal(table.column("prediction").to_numpy(), 2 * (numbers + rows))
    assert counts(recorded(platform, "slow")) == tuple(
        first + more for first, more in zip(counts(before), (rows // 1000, rows), strict=True)
    )
    assert not list((platform.home / "predictions" / "staging" / "scorings").iterdir())


def test_rows_that_fail_or_end_the_process_cost_themselves_alone(platform: Platform, tmp_path: Path) -> None:
    rows = [{"a": place, "note": f"{place:03}"} for place in range(200)]
    rows[5]["a"] = None
    pa_csv.write_csv(pa.Table.from_pylist(rows), tmp_path / "rows.csv")
    platform.cli(
        "score", "faulty", "--data", str(tmp_path / "rows.csv"), "--out", str(tmp_path / "out"), "--format", "csv"
    )
    good, bad = (
        list(csv.DictReader((tmp_path / "out" / name).read_text().splitlines()))
        for name in ("predictions.csv", "failed.csv")
    )
    assert [int(row["double"]) for row in good] == [2 * place for place in range(200) if place not in (5, 17, 23)]
    assert [(int(row["row"]), row["code"]) for row in bad] == [
        (5, "invalid_input"),
        (17, "model_error"),
        (23, "model_error"),
    ]
    assert (bad[0]["column"], bad[0]["got"]) == ("a", "null")
    assert "ended by signal 9" in bad[1]["detail"]
    assert "not this one" in bad[2]["detail"]


def test_answers_are_those_of_a_prediction_with_the_same_rows(platform: Platform, tmp_path: Path) -> None:
    values: dict[str, list[Any]] = {
        "whole": [2**63 - 1, -(2**63), 7], "float": [0.1, float("inf"), None], "text": ["007", "ä", None],
        "flag": [True, False, None], "day": [date(2024, 2, 29), date(1969, 1, 1), None],
        "moment": [datetime(2024, 2, 29, 1, 2, 3, 4), datetime(1950, 1, 1), None],  # noqa: DTZ001 - without a zone
    }  # fmt: skip
    types = {
        "whole": "int64",
        "float": "float64",
        "text": "string",
        "flag": "bool",
        "day": "datetime",
        "moment": "datetime",
    }
    signature = "\n".join(
        f'{name} = {{ type = "{kind}", nullable = {str(name != "whole").lower()} }}' for name, kind in types.items()
    )
    example = [
        {"whole": 1, "float": 0.5, "text": "a", "flag": True, "day": "2024-01-01", "moment": "2024-01-01T00:00:00"}
    ]
    folder = write_model(tmp_path / "types", name="types", code=TYPES, example=example)
    toml = folder / "unshelf.toml"
    toml.write_text(f"{toml.read_text()}\n[signature.inputs]\n{signature}\n")
    platform.cli("deploy", str(folder))
    pq.write_table(pa.table(values), tmp_path / "rows.parquet")
    platform.cli("data", "add", "typed", str(tmp_path / "rows.parquet"))
    platform.cli("score", "types", "--data", "data://typed", "--out", str(tmp_path / "out.parquet"), "--keep", "")
    got = pq.read_table(tmp_path / "out.parquet").column("prediction").to_pylist()
    rows = [
        {name: _json(column[place]) for name, column in values.items()} for place in range(len(values["whole"]))
    ]  # fmt: skip
    assert got == [platform.predict("types", [row])[0] for row in rows]
    assert "'007'" in got[0]


def _json(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return "Infinity" if value == float("inf") else value


def test_results_become_a_version_of_a_dataset_and_a_trigger_scores_again(platform: Platform, tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1, 2, 3]}), tmp_path / "rows.parquet")
    platform.cli("data", "add", "small", str(tmp_path / "rows.parquet"))
    done = platform.cli("score", "slow", "--data", "data://small", "--out", "data://small-scored", "--json")
    first = json.loads(done.stdout)
    assert (first["written"], first["source"]) == ("data://small-scored@1", "data://small@1")
    files = platform.http.get("/api/v1/data/small-scored").json()["version"]["files"]
    (blob,) = [platform.home / "blobs" / file["sha256"][:2] / file["sha256"] for file in files]
    assert duckdb.sql(f"select sum(prediction) from read_parquet('{blob}')").fetchall() == [(12,)]
    platform.cli("triggers", "set", "again", "--scoring", first["id"], "--on", "call")
    called = json.loads(platform.cli("triggers", "call", "again", "--json").stdout)
    again = ended(platform, called["started"])
    assert (again["state"], again["parent"], again["written"]) == ("succeeded", first["id"], "data://small-scored@1")


@pytest.mark.long
def test_what_can_not_be_scored_is_refused_with_a_reason(platform: Platform, tmp_path: Path) -> None:
    pq.write_table(pa.table({"b": [1]}), tmp_path / "other.parquet")
    said = platform.cli("score", "slow", "--data", str(tmp_path / "other.parquet"), check=False).stderr
    assert "lacks columns that the version takes: 'a'" in said.replace("\n", " ").replace("│ ", "").replace(" │", "")
    pq.write_table(pa.table({"a": [None] * 30}, schema=pa.schema([("a", pa.int64())])), tmp_path / "gaps.parquet")
    id = begin(platform, "slow", tmp_path / "gaps.parquet", "--most-failed", "10")
    scoring = ended(platform, id)
    assert scoring["state"] == "failed"
    assert "More than 10 rows failed" in scoring["reason"]
    platform.cli("pause", "slow")
    refused = platform.http.post("/api/v1/scorings", json={"reference": "slow", "data": "data://small"})
    platform.cli("resume", "slow")
    assert refused.status_code == 409
    assert "is paused" in refused.json()["detail"]


@pytest.mark.skipif(os.getuid() != 0, reason="a sandbox takes root")
def test_a_hostile_model_gets_at_nothing(platform: Platform, tmp_path: Path) -> None:
    code = (
        TRICKS
        % (
            "",
            str(platform.home),
            platform.processes("control")[0].pid,
            int(platform.url.rsplit(":", 1)[1]),
            platform.process.pid,
        )
        + f"""
TRICKS["list other jobs"] = list_home("jobs")
TRICKS["list code of others"] = list_home("job-files")
TRICKS["list results of others"] = list_home("blobs")


def predict(rows):
    if rows[0]["a"] == 0:
        return ["{{}}"] * len(rows)
    names = {sorted(set(REFUSED) - {"see_processes"})!r} + ["list other jobs", "list code of others", "list results of others"]
    outcomes = {{name: outcome_of(name) for name in names}}
    found = {{name: outcome for name, outcome in outcomes.items() if not outcome.startswith("refused:")}}
    seen = [name for name in os.listdir("/proc") if name.isdigit()]
    if len(seen) > 4:  # those of its own sandbox, and no other
        found["see_processes"] = str(seen)
    found.update({{name: value for name, value in os.environ.items() if "TOKEN" in name}})
    return [json.dumps(found)] * len(rows)
"""
    )
    platform.cli("deploy", str(write_model(tmp_path / "hostile", name="hostile", code=code, example=[{"a": 0}])))
    pq.write_table(pa.table({"a": [1]}), tmp_path / "rows.parquet")
    platform.cli("score", "hostile", "--data", str(tmp_path / "rows.parquet"), "--out", str(tmp_path / "out.parquet"))
    assert pq.read_table(tmp_path / "out.parquet").column("prediction").to_pylist() == ["{}"]


def test_a_version_is_measured_on_each_tier_and_nobody_is_billed(platform: Platform, tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1, 2, 3]}), tmp_path / "rows.parquet")
    options = (
        "--tier",
        "small",
        "--tier",
        "large",
        "--seconds",
        "0.5s",
        "--warmup",
        "0.2s",
        "--callers",
        "3",
        "--json",
    )
    bench = json.loads(platform.cli("bench", "faulty", "--data", str(tmp_path / "rows.parquet"), *options).stdout)
    small, large = bench["tiers"]
    assert (bench["state"], small["state"], bench["data"]) == ("succeeded", "measured", "rows.parquet")
    assert large["state"] == ("measured" if (os.cpu_count() or 1) >= 4 else "unfit")
    assert (small["result"]["source"], small["result"]["requests_made"]) == ("data", 3)
    for measure in small["result"]["measures"]:
        assert measure["requests"] > 20 and measure["failed"] == 0
        assert 0 < measure["p50_ms"] <= measure["p99_ms"] < 1000
    assert small["result"]["memory_bytes"] > 8 << 20
    shown = platform.cli("benches", "show", bench["id"]).stdout
    assert "rows that were given" in shown and "small" in shown
    job = platform.http.get(f"/api/v1/jobs/{small['job']}").json()
    assert (job["state"], job["name"]) == ("succeeded", "bench faulty:1 on small")
    assert platform.http.post(f"/api/v1/jobs/{small['job']}/clone", json={}).status_code == 409
    usage = wait_until(
        lambda: next((line for line in platform.http.get("/api/v1/usage?by=what").json()["unbilled"] if line["what"] == "benches"), None),
        what="its use is metered",
    )  # fmt: skip
    assert usage["amounts"]["cpu_seconds"] > 0.5
    assert ("live", 200) not in {row[:2] for row in recorded(platform, "faulty")}


def test_a_version_that_does_not_answer_has_no_measurements_but_a_reason(platform: Platform, tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [23]}), tmp_path / "rows.parquet")
    done = platform.cli("bench", "faulty", "--tier", "small", "--data", str(tmp_path / "rows.parquet"), check=False)
    assert done.returncode == 1
    assert "The version does not answer: The model raised ValueError." in " ".join(done.stdout.split())
