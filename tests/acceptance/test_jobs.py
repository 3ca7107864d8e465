"""A contributor runs a script on data, sweeps it, scores with the best, has it start by a call, and sees what all of it cost."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.platform import Platform, running_platform
from tests.support.waiting import wait_until

FIT = """
import json, os
parameters = json.load(open(os.environ["UNSHELF_PARAMETERS"]))
seen = os.path.getsize(os.environ["UNSHELF_DATA_ORDERS"])
left = sum(number * number for number in range(400_000))
depth = parameters["depth"]
with open(os.environ["UNSHELF_OUTPUTS"] + "/predict.py", "w") as file:
    file.write(f"def predict(rows):\\n    return [row['a'] * {depth} for row in rows]\\n")
json.dump({"error": abs(depth - 3), "seen": seen}, open(os.environ["UNSHELF_RESULTS"], "w"))
"""
TOML = """[model]
name = "tripler"
predict = "predict.py:predict"

[environment]
requirements = []

[example]
file = "example.json"
"""


def told(platform: Platform, *arguments: str) -> Any:
    return json.loads(platform.cli(*arguments, "--json").stdout)


def ended(platform: Platform, path: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = platform.http.get(f"/api/v1/{path}").json()
        return found if found["ended_at"] else None

    return wait_until(look, seconds=300, what=f"{path} ends")


@pytest.mark.long
def test_from_a_script_to_scored_rows_and_what_they_cost(tmp_path: Path) -> None:
    rows = pa.table({"id": range(3000), "a": range(3000)})
    pq.write_table(rows, tmp_path / "orders.parquet")
    script = tmp_path / "code" / "fit.py"
    script.parent.mkdir()
    script.write_text(FIT)
    with running_platform(tmp_path / "home", gateways="1") as platform:
        assert platform.http.put("/api/v1/tiers/small", json={"price": 3600}).is_success  # a unit a second
        platform.cli("data", "add", "orders", str(tmp_path / "orders.parquet"))

        # Given a script that ran once on data, when it is swept, then each combination is a job, and the best one is known.
        platform.cli(
            "run", str(script), "--data", "ORDERS=data://orders", "--param", "depth=1", "--output", "models=predict.py"
        )
        (listed,) = told(platform, "jobs", "list")["jobs"]
        first = told(platform, "jobs", "show", listed["id"])
        assert (first["state"], first["results"]["error"]) == ("succeeded", 2)
        space = ("--strategy", "grid", "--param", "depth=2,3,4", "--objective", "error", "--minimize")
        swept = told(platform, "sweeps", "begin", first["id"], *space, "--detach")
        sweep = ended(platform, f"sweeps/{swept['id']}")
        assert (sweep["state"], sweep["best"]["parameters"]) == ("done", {"depth": 3})

        # Its file is a model's code, whose version predicts the whole table, with each row once.
        trials = told(platform, "sweeps", "show", swept["id"])["all_trials"]
        (best,) = next(each["jobs"] for each in trials if each["parameters"] == {"depth": 3})
        folder = tmp_path / "model"
        platform.cli("jobs", "download", best, "--to", str(folder))
        (folder / "unshelf.toml").write_text(TOML)
        (folder / "example.json").write_text(json.dumps({"inputs": [{"a": 1}, {"a": 2}]}))
        platform.cli("deploy", str(folder))
        scored = told(platform, "score", "tripler", "--data", "data://orders", "--out", "data://scored", "--keep", "id")
        assert (scored["state"], scored["scored"], scored["written"]) == ("succeeded", 3000, "data://scored@1")
        table = platform.http.get("/api/v1/data/scored/rows")
        assert pa.ipc.open_stream(table.content).read_all().column("prediction").to_pylist() == [
            3 * each for each in range(3000)
        ]

        # What happens by itself does the same again, and the same results are the same version.
        platform.cli("triggers", "set", "again", "--scoring", scored["id"], "--on", "call")
        called = told(platform, "triggers", "call", "again")
        assert ended(platform, f"scorings/{called['started']}")["written"] == "data://scored@1"

        # The version is measured, and the report of the month has jobs, scorings and benches, each where it belongs.
        bench = told(
            platform, "bench", "tripler", "--tier", "small", "--seconds", "0.5s", "--warmup", "0.1s", "--callers", "2"
        )
        assert bench["tiers"][0]["state"] == "measured"

        def reported() -> dict[str, Any] | None:
            found: dict[str, Any] = platform.http.get("/api/v1/usage", params={"by": "what"}).json()
            lines = {line["name"] or line["what"] for line in [*found["billed"], *found["unbilled"]]}
            return found if {"jobs", "benches"} <= lines else None

        usage = wait_until(reported, seconds=60, what="the use is metered")
        jobs = next(line["amounts"] for line in usage["billed"] if (line["name"] or line["what"]) == "jobs")
        assert jobs["cost"] > 3 and jobs["cpu_seconds"] > 0.1
        ids = {line["name"] for line in platform.http.get("/api/v1/usage", params={"by": "job"}).json()["billed"]}
        assert any(first["id"] in str(name) for name in ids)
