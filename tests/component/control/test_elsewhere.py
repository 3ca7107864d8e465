"""Models that run elsewhere through the real control: registered by a signature, recorded by lines, tables and folders, monitored."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.in_process import InProcessControl, in_process_control
from tests.support.object_store import ACCESS_KEY, SECRET_KEY, ObjectStore
from tests.support.waiting import wait_until
from unshelf.deploy.elsewhere.folders import RecordFolders
from unshelf.develop.connections.manifests import MANIFEST, FolderManifest, ManifestFile, manifest_bytes
from unshelf.foundation.ids import new_id

SIGNATURE = {
    "inputs": {
        "kind": "columns",
        "columns": [{"name": "age", "type": "int64"}, {"name": "plan", "type": "string"}, {"name": "fee", "type": "float64"}],
    },
    "outputs": {"kind": "columns", "columns": [{"name": "output", "type": "string"}]},
}  # fmt: skip
LINES = {"Content-Type": "application/x-ndjson"}


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcessControl]:
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "lake" / "churn").mkdir(parents=True)
    settings = {"data_folders": [f"lake={folder / 'lake'}"], "data_hosts": ["127.0.0.1"]}
    with pytest.MonkeyPatch.context() as patch:
        # Objects of a bucket can't be made older than they are: none waits to be settled.
        patch.setitem(RecordFolders.__init__.__kwdefaults__, "settled_seconds", 0.0)
        with in_process_control(folder / "home", **settings) as running:
            running.lake = folder / "lake" / "churn"  # type: ignore[attr-defined]
            yield running


def register(control: InProcessControl, name: str, **more: Any) -> dict[str, Any]:
    answer = control.http.post("/api/v1/models", json={"name": name, "signature": SIGNATURE, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def send(http: httpx.Client, ref: str, *records: dict[str, Any]) -> httpx.Response:
    return http.post(f"/api/v1/models/{ref}/records", content="\n".join(map(json.dumps, records)), headers=LINES)


def row(age: Any = 30, plan: Any = "basic", fee: Any = 9.5) -> dict[str, Any]:
    return {"age": age, "plan": plan, "fee": fee}


def recorded(control: InProcessControl, name: str) -> list[dict[str, Any]]:
    columns = "id, version, status, in_age, in_plan, in_fee, out"
    sql = f"select {columns} from predictions where model = '{name}' order by id"
    answer = control.http.post("/api/v1/predictions/query", json={"sql": sql, "model": name})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    return [dict(zip([each["name"] for each in found["columns"]], values, strict=True)) for values in found["rows"]]


def test_a_model_is_registered_by_its_signature_and_the_same_again_is_the_same_version(
    control: InProcessControl,
) -> None:
    assert register(control, "churn", place="SageMaker")["created"] is True
    assert register(control, "churn", place="SageMaker") == {
        "name": "churn", "version": 1, "project": "default", "created": False
    }  # fmt: skip
    assert register(control, "churn", place="Vertex")["version"] == 2
    shown = control.show("churn")
    assert (shown["version"]["version"], shown["version"]["loader"]["kind"]) == (2, "elsewhere")
    assert shown["release"] == [{"version": 2, "percent": 100.0}]
    listed = control.http.get("/api/v1/models").json()["models"]
    assert [(each["name"], each["framework"]) for each in listed] == [("churn", "elsewhere")]
    route = control.table().models["churn"].versions[2]
    assert (route.elsewhere, route.max_replicas, route.environment) == (True, 0, "")
    assert control.http.get("/api/v1/fleet").json()["models"][0]["name"] == "churn"


def test_records_are_taken_once_by_their_ids_and_what_does_not_fit_is_named(control: InProcessControl) -> None:
    register(control, "once")
    recorder = control.client(role="recorder", models=["once"])
    moment = time.time()
    first = [
        {"id": "a", "inputs": row(), "output": "stay", "time": moment - 60, "latency_ms": 12.5},
        {"id": "b", "inputs": [41, "pro", 20.0], "output": {"output": "leave"}, "time": moment - 120},
        {"id": "c", "inputs": {"age": 7}, "output": "stay", "version": 1},
        {"id": "d", "inputs": row(), "error": "timed out"},
        {"id": "b", "inputs": row(), "output": "stay"},
    ]
    assert send(recorder, "once", *first).json() == {"accepted": 4, "duplicates": 1, "refused": 0, "faults": []}
    odd = [
        {"id": "e", "inputs": row(age="old"), "output": "stay"},
        {"id": "f", "inputs": {**row(), "size": 3}, "output": "stay"},
        {"id": "g", "inputs": row(), "output": 3},
        {"id": "h", "inputs": row(), "output": "stay", "time": moment + 3600},
        {"id": "i", "inputs": row(), "output": "stay", "time": "yesterday"},
        {"id": "j", "inputs": row(), "output": "stay", "version": 9},
        {"id": "k", "inputs": row()},
        {"id": "a", "inputs": row(), "output": "stay"},
        {"id": "l", "inputs": row(age=None, plan=None, fee=None), "output": None},
    ]
    answer = send(recorder, "once", *odd).json()
    assert (answer["accepted"], answer["duplicates"], answer["refused"]) == (1, 1, 7)
    assert [(fault["row"], fault["column"]) for fault in answer["faults"]] == [
        (0, "age"), (1, "size"), (2, "output"), (3, "time"), (4, "time"), (5, "version"), (6, "output")
    ]  # fmt: skip
    found = {each["id"]: each for each in recorded(control, "once")}
    assert sorted(found) == ["a", "b", "c", "d", "l"]
    assert (found["b"]["in_age"], found["b"]["in_plan"], found["b"]["out"]) == ([41], ["pro"], ["leave"])
    assert (found["c"]["in_age"], found["c"]["in_plan"]) == ([7], [None])
    assert found["d"]["status"] == 500


def test_what_is_no_record_and_who_may_not_send_are_refused(control: InProcessControl) -> None:
    register(control, "strict")
    assert send(control.http, "strict", {"id": "a", "input": row()}).status_code == 422
    broken = control.http.post("/api/v1/models/strict/records", content="{", headers=LINES)
    assert (broken.status_code, broken.json()["code"]) == (400, "malformed_request")
    assert control.http.post("/api/v1/models/strict/records", json={}).status_code == 415
    labeller = control.client(role="labeller", models=["strict"])
    assert send(labeller, "strict", {"inputs": row(), "output": "x"}).status_code == 403
    control.deploy("here")
    runs_here = send(control.http, "here", {"inputs": row(), "output": "x"})
    assert (runs_here.status_code, runs_here.json()["detail"].split(" so ")[0]) == (409, "here:1 runs here,")
    for path, body in (("scorings", {"reference": "strict", "data": "data://x"}), ("benches", {"reference": "strict"})):
        refused = control.http.post(f"/api/v1/{path}", json=body)
        assert (refused.status_code, refused.json()["code"]) == (409, "runs_elsewhere"), refused.text
    no_outputs = {"name": "blind", "signature": {"inputs": SIGNATURE["inputs"]}}
    assert control.http.post("/api/v1/models", json=no_outputs).status_code == 422


def test_an_arrow_stream_is_a_table_of_records(control: InProcessControl) -> None:
    register(control, "arrow")
    table = pa.table(
        {"id": ["x", "y"], "age": [1, 2], "plan": ["a", "b"], "fee": [1.0, None], "prediction": ["s", "l"]}
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    for expected in ((2, 0), (0, 2)):
        answer = control.http.post(
            "/api/v1/models/arrow/records", content=sink.getvalue().to_pybytes(),
            headers={"Content-Type": "application/vnd.apache.arrow.stream"},
        )  # fmt: skip
        assert (answer.json()["accepted"], answer.json()["duplicates"]) == expected, answer.text
    assert [(each["in_fee"], each["out"]) for each in recorded(control, "arrow")] == [([1.0], ["s"]), ([None], ["l"])]


def test_each_file_of_a_watched_folder_is_taken_once_and_a_damaged_one_is_told(control: InProcessControl) -> None:
    register(control, "watched")
    lake: Path = control.lake  # type: ignore[attr-defined]
    connection = {"name": "lake", "kind": "local", "settings": {"folder": "lake"}}
    made = control.http.put("/api/v1/data/lake/connection", json={key: connection[key] for key in ("kind", "settings")})
    assert made.status_code in (200, 201), made.text
    day = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3600))
    (lake / "one.csv").write_text(f"time,age,plan,fee,prediction\n{day},30,007,9.5,stay\n{day},31,pro,,leave\n")
    pq.write_table(
        pa.table({"record_id": ["p"], "age": [5], "plan": ["x"], "fee": [1.0], "output": ["stay"]}),
        lake / "two.parquet",
    )
    (lake / "bad.parquet").write_bytes(b"PAR1 no table")
    for path in lake.iterdir():
        settle(path)
    wanted = {"model": "watched", "data": "data://lake/churn", "every_seconds": 3600}
    folder = control.http.post("/api/v1/record-folders", json=wanted)
    assert folder.status_code == 201, folder.text
    id = folder.json()["id"]

    def files() -> dict[str, tuple[str, int, int]]:
        listed = control.http.get(f"/api/v1/record-folders/{id}/files").json()["files"]
        return {
            each["path"].rpartition("/")[2]: (each["state"], each["accepted"], each["duplicates"]) for each in listed
        }

    wait_until(lambda: len(files()) == 3, seconds=30)
    assert files() == {"one.csv": ("taken", 2, 0), "two.parquet": ("taken", 1, 0), "bad.parquet": ("damaged", 0, 0)}
    assert [each["in_plan"] for each in recorded(control, "watched") if each["in_age"] == [30]] == [["007"]]
    with (lake / "one.csv").open("a") as file:  # it grows: what was taken of it is not taken again
        file.write(f"{day},32,pro,1.0,stay\n")
    settle(lake / "one.csv")
    looked = control.http.post(f"/api/v1/record-folders/{id}/look")
    assert looked.status_code == 200, looked.text
    assert files()["one.csv"] == ("taken", 1, 2)
    assert len(recorded(control, "watched")) == 4
    shown = control.http.get("/api/v1/record-folders", params={"model": "watched"}).json()["folders"][0]
    assert (shown["files"], shown["damaged"], shown["problem"]) == (3, 1, "")
    told = control.http.get("/api/v1/audit", params={"action": "records.file_damaged"}).json()["events"]
    assert told[0]["after"]["file"].endswith("bad.parquet")
    assert control.http.delete(f"/api/v1/record-folders/{id}").status_code == 204
    assert control.http.get("/api/v1/record-folders").json()["folders"] == []


def test_a_bucket_is_watched_and_parts_of_a_write_count_once_it_is_complete(
    control: InProcessControl, object_store: ObjectStore
) -> None:
    register(control, "bucket")
    bucket, files = object_store.bucket(), object_store.filesystem()
    settings = {"bucket": bucket, "endpoint": object_store.endpoint, "prefix": "lake"}
    keys = {"access_key_id": ACCESS_KEY, "secret_access_key": SECRET_KEY}
    made = control.http.put(
        "/api/v1/data/ocean/connection", json={"kind": "s3", "settings": settings, "credentials": keys}
    )
    assert made.status_code in (200, 201), made.text

    def parquet(*ids: str) -> bytes:
        sink = pa.BufferOutputStream()
        fields = {"age": [5] * len(ids), "plan": ["x"] * len(ids), "fee": [1.0] * len(ids)}
        pq.write_table(pa.table({"prediction_id": list(ids), **fields, "prediction": ["stay"] * len(ids)}), sink)
        return bytes(sink.getvalue())

    part = f"part-000000-{new_id()}.parquet"
    files.pipe_file(f"{bucket}/lake/scored/{part}", parquet("a", "b"))
    files.pipe_file(f"{bucket}/lake/scored/of-others.csv", b"id,age,plan,fee,prediction\nc,5,x,1.0,stay\n")
    wanted = {"model": "bucket", "data": "data://ocean/scored", "every_seconds": 3600}
    id = control.http.post("/api/v1/record-folders", json=wanted).json()["id"]

    def ids() -> list[str]:
        looked = control.http.post(f"/api/v1/record-folders/{id}/look")
        assert looked.status_code == 200, looked.text
        return [each["id"] for each in recorded(control, "bucket")]

    assert ids() == ["c"]
    manifest = manifest_bytes(FolderManifest(files=[ManifestFile(path=part, rows=2)], writes=["w"]))
    files.pipe_file(f"{bucket}/lake/scored/{MANIFEST}", manifest)
    assert ids() == ["a", "b", "c"]
    assert ids() == ["a", "b", "c"]


def settle(path: Path) -> None:
    """Have a file look as if nobody had written it for a minute."""
    moment = time.time_ns() - 60_000_000_000
    os.utime(path, ns=(moment, moment))


def test_what_was_taken_becomes_a_dashboard(control: InProcessControl) -> None:
    register(control, "board")
    now = time.time()
    sent = [
        {"id": n, "inputs": row(age=n % 50), "output": "stay", "time": now - n, "latency_ms": 5} for n in range(300)
    ]
    assert send(control.http, "board", *sent).json()["accepted"] == 300
    shown = control.http.get("/api/v1/models/board/dashboard", params={"since": "1d"}).json()
    assert shown["traffic"]["requests"] == 300, shown
