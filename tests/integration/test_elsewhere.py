"""A model that runs elsewhere on a whole platform: recorded by a program, counted once after a kill, refused to callers."""

import json
import subprocess
import sys
import time
from pathlib import Path

from tests.support.platform import Platform
from tests.support.waiting import wait_until

PROGRAM = """
import sys, unshelf
for number in range(int(sys.argv[1])):
    unshelf.record("churn", {"age": number % 60, "plan": "pro"}, "stays", id=f"p{number}", latency_ms=4.0)
print(unshelf.flush()["churn"]["accepted"])
"""


def count(platform: Platform) -> int:
    sql = "select count(*), count(distinct id) from predictions where model = 'churn' and status = 200"
    answer = platform.http.post("/api/v1/predictions/query", json={"sql": sql, "model": "churn"}).json()
    (found,) = answer["rows"]
    assert found[0] == found[1]
    return int(found[0])


def send(platform: Platform, program: Path, number: int) -> str:
    environment = platform.environment() | {"UNSHELF_TOKEN": platform.key(role="recorder", models=["churn"])}
    done = subprocess.run(
        [sys.executable, program, str(number)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_records_of_a_program_count_once_and_callers_are_told_where_it_runs(platform: Platform, tmp_path: Path) -> None:
    few = tmp_path / "few.jsonl"
    few.write_text(json.dumps({"inputs": {"age": 41, "plan": "pro"}, "output": "stays"}) + "\n")
    registered = platform.cli("models", "register", "churn", "--example", str(few), "--json")
    assert json.loads(registered.stdout)["version"] == 1
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    assert send(platform, program, 3000) == "3000"
    assert send(platform, program, 3500) == "500"
    assert count(platform) == 3500

    caller = platform.client(platform.key())

    def refused() -> dict[str, object]:
        answer = caller.post("/models/churn/predict", json={"inputs": [{"age": 1, "plan": "a"}]})
        return {"status": answer.status_code, **answer.json()}

    wait_until(lambda: refused()["status"] != 404, what="the gateway knows the model")
    assert (refused()["status"], refused()["code"]) == (409, "runs_elsewhere")
    assert caller.get("/v2/models/churn/ready").status_code == 503
    later = caller.post(
        "/models/churn/predict", json={"inputs": [{"age": 1, "plan": "a"}]}, headers={"Prefer": "respond-async"}
    )
    assert later.status_code == 409
    assert "runs elsewhere" in platform.cli("models").stdout

    table = tmp_path / "more.csv"
    day = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 7200))
    table.write_text("id,time,age,plan,prediction\n" + "".join(f"c{n},{day},{n},basic,leaves\n" for n in range(50)))
    assert "50 accepted, 0 known already, 0 refused." in platform.cli("records", "send", "churn", str(table)).stdout
    assert "0 accepted, 50 known already" in platform.cli("records", "send", "churn", str(table)).stdout

    platform.kill("control")
    wait_until(lambda: platform.http.get("/api/v1/status").is_success, what="control is back", seconds=240)
    assert count(platform) == 3550

    def counted() -> bool:
        board = platform.http.get("/api/v1/models/churn/dashboard", params={"since": "1d"}).json()
        return bool(board["traffic"]["requests"] >= 3550)

    wait_until(counted, what="the dashboard")
    label = platform.http.post(
        "/api/v1/labels", json={"model": "churn", "labels": [{"prediction_id": "p7", "value": "leaves"}]}
    )
    assert label.json()["accepted"] == 1
