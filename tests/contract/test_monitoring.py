"""Monitoring on every backend: records of a model elsewhere, windows, labels, quality, monitors, diagnosis and collections say the same
over SQLite and files as over PostgreSQL and S3, also once records have moved there, and to the next control."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.in_process import InProcessControl, in_process_control
from tests.support.waiting import wait_until
from unshelf.foundation.database.migrating import migrate
from unshelf.records.archive.compaction_scheduler import CompactionScheduler
from unshelf.server.backends import load_backend

pytestmark = pytest.mark.long  # each storage of monitoring has its own quick contract; this is all of them in one life

ROWS = 200
SIGNATURE = {
    "inputs": {"kind": "columns", "columns": [{"name": "age", "type": "float64"}, {"name": "plan", "type": "string"}]},
    "outputs": {"kind": "columns", "columns": [{"name": "output", "type": "string"}]},
}  # fmt: skip
LINES = {"Content-Type": "application/x-ndjson"}
NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture(params=["sqlite and files", "postgresql and s3"])
def backends(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The settings of each set of backends."""
    if request.param == "sqlite and files":
        return {}
    url: str = request.getfixturevalue("new_postgres_database")()
    database = load_backend("database", url)(url)
    migrate(database)
    database.dispose()
    store = request.getfixturevalue("object_store")
    bucket = store.bucket()
    return {
        "database": url, "predictions": f"s3://{bucket}/records", "blobs": f"s3://{bucket}/blobs", "s3_endpoint": store.endpoint,
    }  # fmt: skip


class Said:
    """What a control says of the model `churn`."""

    def __init__(self, control: InProcessControl) -> None:
        self.http = control.http

    def get(self, path: str, **query: Any) -> Any:
        answer = self.http.get(f"/api/v1{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def send(self, path: str, body: Any, verb: str = "POST") -> Any:
        answer = self.http.request(verb, f"/api/v1{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def quality(self) -> tuple[int, int, list[float]]:
        """Rows, labelled ones, and the accuracy of each day."""
        found = self.get("/models/churn/quality", since="9d", by="day")
        days = [step["measured"]["metrics"][0]["value"] for step in found["steps"] if step["measured"]["labelled"]]
        return found["measured"]["rows"], found["measured"]["labelled"], days

    def labels(self) -> tuple[int, int, int, int]:
        found = self.get("/labels/summary", model="churn")
        return found["labels"], found["joined"], found["waiting"], found["corrections"]


def records(day: datetime, name: str, age: float) -> list[dict[str, Any]]:
    """A day's predictions, which all say `stays`; every other one is of the plan `pro`."""
    return [
        {
            "id": f"{name}{n}", "time": (day + timedelta(seconds=n)).timestamp(), "output": "stays", "latency_ms": 5,
            "inputs": {"age": age + n % 10, "plan": "pro" if n % 2 else "basic"},
        }
        for n in range(ROWS)
    ]  # fmt: skip


@contextmanager
def control_over(folder: Path, backends: dict[str, Any]) -> Iterator[Said]:
    with in_process_control(folder, **backends) as control:
        yield Said(control)


def move(folder: Path, backends: dict[str, Any]) -> None:
    """Merge the files of records, and move them where they are to lie."""
    scheduler = CompactionScheduler(
        folder / "predictions", folder / "run", setting=backends.get("predictions", "files"),
        s3_endpoint=backends.get("s3_endpoint", ""), days=None, max_bytes=None,
    )  # fmt: skip
    assert scheduler.merge()


def test_it_says_the_same_on_every_backend_before_records_move_and_after(
    backends: dict[str, Any], tmp_path: Path
) -> None:
    """Given two days of predictions, the second of which is about others and mostly wrong, then windows, quality, monitors, diagnosis and
    a collection say so; late, doubled and corrected labels are joined with records that have moved; the next control says the same."""
    home = tmp_path / "home"
    (tmp_path / "lake" / "churn").mkdir(parents=True)
    backends = {**backends, "data_folders": [f"lake={tmp_path / 'lake'}"]}
    with control_over(home, backends) as said:
        said.send("/models", {"name": "churn", "signature": SIGNATURE, "task": "classification"})
        said.send("/models/churn/columns", {"slices": ["plan"]}, "PATCH")
        sent = records(NOON - timedelta(days=3), "a", 30.0)
        answer = said.http.post("/api/v1/models/churn/records", content="\n".join(map(json.dumps, sent)), headers=LINES)
        assert answer.json() == {"accepted": ROWS, "duplicates": 0, "refused": 0, "faults": []}
        taken_from_folder(said, tmp_path / "lake" / "churn")
        wait_until(
            lambda: said.get("/models/churn/dashboard", since="9d")["traffic"]["requests"] == 2 * ROWS, what="counted"
        )
        truths = [{"prediction_id": f"a{n}", "value": "leaves" if n % 10 == 0 else "stays"} for n in range(ROWS)]
        truths += [{"prediction_id": f"b{n}", "value": "leaves" if n % 10 < 5 else "stays"} for n in range(ROWS - 10)]
        added = said.send("/labels", {"model": "churn", "labels": [*truths, truths[0]]})
        assert (added["accepted"], added["duplicates"], added["corrected"]) == (2 * ROWS - 10, 1, 0)
        wait_until(lambda: said.quality()[1] == 2 * ROWS - 10, what="joined")
        assert said.quality() == (2 * ROWS, 2 * ROWS - 10, [0.9, 0.5])
        assert said.labels() == (2 * ROWS - 10, 2 * ROWS - 10, 0, 0)

        move(home, backends)
        if "predictions" in backends:
            assert not list((home / "predictions" / "parquet").rglob("*.parquet")), "they have moved to S3"
        late = [{"prediction_id": f"b{n}", "value": "leaves"} for n in range(ROWS - 10, ROWS)]
        late += [{"prediction_id": "a0", "value": "stays"}, {"prediction_id": "a1", "value": "stays"}]
        added = said.send("/labels", {"model": "churn", "labels": late, "source": "audit"})
        assert (added["accepted"], added["duplicates"], added["corrected"]) == (11, 1, 1)
        wait_until(lambda: said.quality()[1] == 2 * ROWS and said.quality()[2][0] > 0.9, what="joined with what moved")
        judged(said)
        collected(said)
        before = everything(said)
    with control_over(home, backends) as said:
        assert everything(said) == before


def taken_from_folder(said: Said, folder: Path) -> None:
    """Have the second day's predictions taken from a file in a watched folder."""
    said.send("/data/lake/connection", {"kind": "local", "settings": {"folder": "lake"}}, "PUT")
    path = folder / "day.csv"
    lines = [
        f"{each['id']},{each['time']},{each['inputs']['age']},{each['inputs']['plan']},stays"
        for each in records(NOON - timedelta(days=2), "b", 60.0)
    ]
    path.write_text("\n".join(["id,time,age,plan,prediction", *lines]) + "\n")
    os.utime(path, (time.time() - 60, time.time() - 60))  # nobody writes it any more
    watched = said.send("/record-folders", {"model": "churn", "data": "data://lake/churn", "every_seconds": 3600})

    def files() -> list[tuple[str, int]]:
        listed = said.get(f"/record-folders/{watched['id']}/files")["files"]
        return [(each["state"], each["accepted"]) for each in listed]

    wait_until(lambda: files() == [("taken", ROWS)], what="the file is taken")


def judged(said: Said) -> None:
    """Have monitors judge the days, and ask why."""
    wanted = {"name": "good-enough", "kind": "performance", "relative": False, "threshold": 0.8, "slice": "plan=pro"}
    said.send("/models/churn/monitors", wanted)
    said.send("/models/churn/monitors/inputs", {"reference": "previous"}, "PATCH")
    said.send("/models/churn/monitors/run", {"since": (NOON - timedelta(days=4)).isoformat()})
    days = {
        name: {
            each["since"][:10]: each["status"] for each in said.get(f"/models/churn/monitors/{name}/results")["results"]
        }
        for name in ("good-enough", "inputs")
    }
    first, second = ((NOON - timedelta(days=back)).date().isoformat() for back in (3, 2))
    assert (days["good-enough"][first], days["good-enough"][second]) == ("ok", "alarm")
    assert days["inputs"][second] == "alarm"
    assert [each["kind"] for each in said.get("/alerts", model="churn")["alerts"] if each["kind"].startswith("perf")]
    window = {
        "since": (NOON - timedelta(hours=60)).isoformat(),
        "until": (NOON - timedelta(hours=36)).isoformat(),
    }
    why = said.get("/models/churn/diagnosis", **window, against="previous")
    assert (why["rows"], why["columns"][0]["column"]) == (ROWS, "in:age")
    rows = said.get("/models/churn/diagnosis/rows", **window, slice="plan=pro", limit=1000)["rows"]
    assert len(rows) == ROWS // 2
    wrong = said.get("/models/churn/diagnosis/rows", **window, wrong=True, limit=1000)["rows"]
    assert len(wrong) == 105


def collected(said: Said) -> None:
    """Have the predictions with their labels become a dataset."""
    begun = said.send("/collections", {"model": "churn", "dataset": "seen", "since": "9d"})
    ended = wait_until(
        lambda: (found := said.get(f"/collections/{begun['id']}"))["state"] != "running" and found,
        what="it is collected",
    )
    assert (ended["state"], ended["rows"], ended["labelled"]) == ("succeeded", 2 * ROWS, 2 * ROWS)


def everything(said: Said) -> dict[str, Any]:
    """What is said of the model, but for what goes with the clock."""
    summary = said.get("/data/seen")["version"]
    return {
        "quality": said.quality(), "labels": said.labels(), "rows": summary["rows"],
        "requests": said.get("/models/churn/dashboard", since="9d")["traffic"]["requests"],
        "results": [
            (each["since"], each["status"], each["value"], each["columns"])
            for each in said.get("/models/churn/monitors/good-enough/results")["results"]
        ],
        "twice": said.http.post(
            "/api/v1/models/churn/records", content=json.dumps(records(NOON - timedelta(days=3), "a", 30.0)[0]), headers=LINES
        ).json(),
    }  # fmt: skip
