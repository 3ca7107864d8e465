"""Datasets through the real control: files in, profile, rows and files out, each read an event."""

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.in_process import InProcessControl, in_process_control

TABLE = pa.table({"id": [1, 2, 3], "city": ["Bonn", None, "Ulm"]})


def parquet(table: pa.Table = TABLE) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcessControl]:
    with in_process_control(tmp_path_factory.mktemp("data") / "home") as running:
        yield running


def add(control: InProcessControl, name: str, *, status: int = 201, **files: bytes) -> dict[str, Any]:
    entries = [{**control.upload(content), "path": path.replace("_", ".")} for path, content in files.items()]
    answer = control.http.post("/api/v1/data", json={"name": name, "files": entries})
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_a_dataset_is_added_with_its_profile_and_the_same_content_is_the_same_version(
    control: InProcessControl,
) -> None:
    added = add(control, "orders", data_parquet=parquet())
    assert (added["version"], added["new"], added["rows"], added["format"]) == (1, True, 3, "parquet")
    assert [(each["name"], each["type"], each["gaps"]) for each in added["columns"]] == [
        ("id", "integer", 0),
        ("city", "text", 1),
    ]
    assert added["preview"] == [[1, "Bonn"], [2, None], [3, "Ulm"]]
    again = add(control, "orders", status=200, data_parquet=parquet())
    assert (again["version"], again["new"]) == (1, False)
    assert add(control, "orders", data_parquet=parquet(TABLE.slice(0, 1)))["version"] == 2
    shown = control.http.get("/api/v1/data/orders").json()
    assert [each["version"] for each in shown["versions"]] == [2, 1]
    assert shown["version"]["version"] == 2
    assert control.http.get("/api/v1/data/orders", params={"version": 1}).json()["version"]["rows"] == 3


def test_rows_come_as_arrow_and_files_as_they_were_added(control: InProcessControl) -> None:
    content = b"id,city\n1,Bonn\n2,\n3,Ulm\n"
    add(control, "csvs", orders_csv=content)
    answer = control.http.get("/api/v1/data/csvs/rows")
    assert answer.headers["content-type"] == "application/vnd.apache.arrow.stream"
    assert pa.ipc.open_stream(answer.content).read_all().to_pylist() == TABLE.to_pylist()
    first = control.http.get("/api/v1/data/csvs/rows", params={"rows": 1})
    assert pa.ipc.open_stream(first.content).read_all().num_rows == 1
    file = control.http.get("/api/v1/data/csvs/files", params={"path": "orders.csv"})
    assert (file.content, file.headers["content-type"]) == (content, "application/octet-stream")
    assert file.headers["content-disposition"].startswith("attachment")
    assert control.http.get("/api/v1/data/csvs/files", params={"path": "../orders.csv"}).status_code == 404
    events = [event for event in control.http.get("/api/v1/audit").json()["events"] if event["subject"] == "csvs"]
    assert [(event["action"], event["after"]) for event in events] == [
        ("data.read", {"version": 1, "file": "orders.csv", "bytes": len(content)}),
        ("data.read", {"version": 1, "rows": 1, "bytes": len(first.content)}),
        ("data.read", {"version": 1, "rows": 3, "bytes": len(answer.content)}),
        ("data.added", events[-1]["after"]),
    ]
    assert not list(control.home.run.glob("*data-*"))


def test_files_that_are_no_table_are_kept_and_have_no_rows(control: InProcessControl) -> None:
    added = add(control, "pictures", a_png=b"\x89PNG", labels_csv=b"a\n1\n")
    assert (added["format"], added["rows"], added["columns"]) == ("files", None, [])
    answer = control.http.get("/api/v1/data/pictures/rows")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


def test_what_can_not_be_read_is_refused_and_leaves_nothing(control: InProcessControl) -> None:
    refused = add(control, "broken", status=422, data_parquet=b"not parquet")
    assert "data.parquet" in refused["detail"]
    assert str(control.home.folder) not in str(refused)
    assert control.http.get("/api/v1/data/broken").status_code == 404
    missing = {"name": "gone", "files": [{"path": "a.csv", "sha256": "0" * 64, "size": 1}]}
    answer = control.http.post("/api/v1/data", json=missing)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert control.http.get("/api/v1/data/gone").status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"files": []},
        {"files": [{"path": "../a", "sha256": "0" * 64, "size": 1}]},
        {"files": [{"path": "a", "sha256": "0" * 64, "size": 1}] * 2},
        {"files": [{"path": "a", "sha256": "no", "size": 1}]},
        {"name": "No Name"},
        {"unknown": 1},
    ],
)
def test_bad_requests_are_refused(control: InProcessControl, change: dict[str, Any]) -> None:
    good = {"name": "fine", "files": [{"path": "a", "sha256": "0" * 64, "size": 1}]}
    assert control.http.post("/api/v1/data", json={**good, **change}).status_code == 422


def test_a_blob_of_a_dataset_outlives_the_sweep_until_its_version_is_deleted(control: InProcessControl) -> None:
    content = b"kept\n1\n"
    digest = hashlib.sha256(content).hexdigest()
    add(control, "kept", kept_csv=content)
    sweep = _bundles(control).sweep_uploads
    sweep(older_than_seconds=-1)
    assert digest in control.blobs()
    assert control.http.delete("/api/v1/data/kept", params={"version": 1}).status_code == 204
    sweep(older_than_seconds=-1)
    assert digest not in control.blobs()
    assert add(control, "kept", kept_csv=content)["version"] == 2
    assert control.http.delete("/api/v1/data/kept").status_code == 204
    assert control.http.get("/api/v1/data/kept").status_code == 404


def _bundles(control: InProcessControl) -> Any:
    from unshelf.contracts.home import HOST_SOCKET
    from unshelf.deploy.bundles.service import BundleService
    from unshelf.develop.environments.service import EnvironmentService
    from unshelf.foundation.blob_uploads import BlobUploads
    from unshelf.foundation.host_client import HostLink
    from unshelf.runtime.blobs.files import FileBlobs
    from unshelf.server.wiring.base import open_database

    database = open_database("sqlite:///unshelf.db", control.home.folder)
    blobs = FileBlobs(control.home.blobs)
    host = HostLink(Path(HOST_SOCKET), wake_seconds=1)
    return BundleService(database, blobs, EnvironmentService(database), host, uploads=BlobUploads(database))


def test_a_key_without_the_permission_is_refused_and_one_with_it_reads(control: InProcessControl) -> None:
    add(control, "guarded", data_parquet=parquet())
    caller = control.client(role="predict")
    for path in ("/api/v1/data", "/api/v1/data/guarded", "/api/v1/data/guarded/rows", "/api/v1/data/absent"):
        assert caller.get(path).status_code == 403
    contributor = control.client(role="deploy")
    assert contributor.get("/api/v1/data/guarded").status_code == 200
    elsewhere = control.client(role="deploy", models=["other-*"])
    assert elsewhere.get("/api/v1/data/guarded").status_code == 404
    assert elsewhere.get("/api/v1/data").json()["data"] == []


def test_many_reads_at_once_are_all_answered(control: InProcessControl) -> None:
    from concurrent.futures import ThreadPoolExecutor

    add(control, "busy", data_parquet=parquet())

    def read(_: int) -> httpx.Response:
        return control.http.get("/api/v1/data/busy/rows")

    with ThreadPoolExecutor(6) as pool:
        assert [answer.status_code for answer in pool.map(read, range(6))] == [200] * 6


def test_a_version_keeps_the_profile_of_its_baseline_and_the_dataset_says_where_it_is_used(
    control: InProcessControl,
) -> None:
    add(control, "training", data_parquet=parquet())
    ended = control.deploy("iris", baseline={"data": "data://training@1"}, example_data="data://training")
    assert ended["state"] == "done"
    found = control.http.get("/api/v1/models/iris:1/data").json()
    baseline, example = found["data"]
    assert (baseline["role"], baseline["dataset"], baseline["dataset_version"], baseline["rows"]) == (
        "baseline",
        "training",
        1,
        3,
    )
    assert [(each["name"], each["gaps"]) for each in baseline["columns"]] == [("id", 0), ("city", 1)]
    assert (example["role"], example["columns"]) == ("example", [])
    uses = control.http.get("/api/v1/data/training").json()["uses"]
    assert [(use["reference"], use["role"]) for use in uses] == [("iris:1", "baseline"), ("iris:1", "example")]
    assert control.client(role="predict").get("/api/v1/models/iris:1/data").status_code == 403


def test_a_baseline_of_the_deployer_s_own_is_profiled_by_the_deploy_and_a_broken_one_ends_it(
    control: InProcessControl,
) -> None:
    file = {**control.upload(parquet(TABLE.slice(0, 2))), "path": "baseline.parquet"}
    assert control.deploy("own", baseline={"file": file})["state"] == "done"
    (baseline,) = control.http.get("/api/v1/models/own/data").json()["data"]
    assert (baseline["source"], baseline["rows"], baseline["columns"][0]["maximum"]) == ("", 2, 2)
    broken = {**control.upload(b"not parquet"), "path": "baseline.parquet"}
    wanted = {"name": "own", "manifest": control.manifest(b"model"), "baseline": {"file": broken}}
    ended = control.deploy("own", baseline={"file": broken})
    assert (ended["state"], ended["error"]["step"], ended["error"]["code"]) == ("failed", "profile", "invalid_input")
    assert "baseline.parquet" in ended["error"]["detail"]
    wanted["baseline"] = {"file": {"path": "b.parquet", "sha256": "0" * 64, "size": 1}}
    assert control.http.post("/api/v1/deploys", json=wanted).status_code == 409
    dry = control.deploy("own", dry_run=True, baseline={"file": file})
    assert dry["state"] == "done"
    assert control.http.get("/api/v1/models/own/data").json()["version"] == 1


def test_data_moves_to_another_project_with_its_history(control: InProcessControl) -> None:
    http = control.http
    for project in ("from", "to"):
        http.post("/api/v1/projects", json={"name": project}).raise_for_status()
    entries = [{**control.upload(parquet()), "path": "data.parquet"}]
    http.post("/api/v1/data", json={"name": "moving", "files": entries, "project": "from"}).raise_for_status()
    http.put("/api/v1/data/bound/binding", json={"target": "data://moving", "project": "from"}).raise_for_status()
    http.put("/api/v1/subjects/dataset/moving/tags/gold").raise_for_status()
    http.post("/api/v1/subjects/dataset/moving/comments", json={"text": "Trusted."}).raise_for_status()
    there = control.client(role="contributor", project="to")
    assert there.get("/api/v1/data/moving").status_code == 404
    assert there.put("/api/v1/data/moving/project", json={"project": "to"}).status_code in (403, 404)

    for name in ("moving", "bound"):
        moved = http.put(f"/api/v1/data/{name}/project", json={"project": "to", "reason": "tidy"})
        assert (moved.status_code, moved.json()["project"]) == (200, "to")
    assert http.put("/api/v1/data/moving/project", json={"project": "gone"}).status_code == 404
    assert control.client(role="contributor", project="from").get("/api/v1/data/moving").status_code == 404
    assert there.get("/api/v1/data/moving").json()["version"]["rows"] == 3
    assert there.get("/api/v1/data/bound/rows").status_code == 200
    tagged = there.get("/api/v1/subjects", params={"tag": "gold"}).json()["subjects"]
    assert [each["name"] for each in tagged] == ["moving"]
    comments = there.get("/api/v1/subjects/dataset/moving/comments").json()["comments"]
    assert [each["text"] for each in comments] == ["Trusted."]
    told = [each["action"] for each in there.get("/api/v1/subjects/dataset/moving/activity").json()["events"]]
    assert {"data.added", "tag.added", "comment.added", "dataset.moved", "data.read"} <= set(told), told


def test_the_events_of_a_name_before_it_was_another_s_are_not_its_own(control: InProcessControl) -> None:
    add(control, "again", data_parquet=parquet())
    control.http.delete("/api/v1/data/again").raise_for_status()
    control.http.post("/api/v1/projects", json={"name": "later"}).raise_for_status()
    entries = [{**control.upload(parquet()), "path": "data.parquet"}]
    body = {"name": "again", "files": entries, "project": "later"}
    control.http.post("/api/v1/data", json=body).raise_for_status()
    of_later = control.client(role="contributor", project="later")
    told = of_later.get("/api/v1/subjects/dataset/again/activity").json()["events"]
    assert [event["action"] for event in told] == ["data.added"]
