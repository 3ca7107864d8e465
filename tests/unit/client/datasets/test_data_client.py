"""The SDK's data: frames become Parquet, rows come back as the frame that is asked for, files are verified."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import unshelf
from tests.support.control import Control
from unshelf.client.client import Client
from unshelf.client.data.arrow import encode_table
from unshelf.client.datasets.data_client import is_reference
from unshelf.client.errors import UnshelfError

FRAME = pd.DataFrame({"id": [1, 2], "city": ["Bonn", None]})
ADDED = {"name": "orders", "version": 1, "new": True}


@pytest.mark.parametrize(
    "data", [FRAME, pl.from_pandas(FRAME), pa.Table.from_pandas(FRAME), pa.RecordBatch.from_pandas(FRAME)]
)
def test_a_frame_is_sent_as_parquet(control: Control, client: Client, data: Any) -> None:
    control.reply("POST", "/api/v1/data", ADDED, 201)
    assert client.data.add("orders", data, project="risk", description="Orders") == ADDED
    asked = control.calls("POST", "/api/v1/data")[0].json
    (file,) = asked.pop("files")
    assert asked == {"name": "orders", "project": "risk", "description": "Orders"}
    assert pq.read_table(pa.BufferReader(control.blobs[file["sha256"]])).to_pylist() == [
        {"id": 1, "city": "Bonn"}, {"id": 2, "city": None},
    ]  # fmt: skip


def test_the_same_frame_is_the_same_bytes(control: Control, client: Client) -> None:
    control.reply("POST", "/api/v1/data", ADDED, 201)
    for _ in range(2):
        client.data.add("orders", FRAME.copy())
    assert len(control.blobs) == 1


def test_a_folder_is_sent_with_its_paths_and_without_secrets(control: Control, client: Client, tmp_path: Path) -> None:
    (tmp_path / "2024").mkdir()
    (tmp_path / "2024" / "a.csv").write_text("a\n1\n")
    (tmp_path / "credentials.json").write_text("{}")
    control.reply("POST", "/api/v1/data", ADDED, 201)
    told: list[Any] = []
    client.data.add("orders", tmp_path, report=told.append)
    assert [file["path"] for file in control.calls("POST", "/api/v1/data")[0].json["files"]] == ["2024/a.csv"]
    assert "credentials.json" in told[0].detail


@pytest.mark.parametrize("data", [[1, 2], {"a": [1]}, Path("/not/there"), pd.DataFrame({"a": [1, "x"]})])
def test_what_is_no_table_is_refused_before_anything_is_sent(control: Control, client: Client, data: Any) -> None:
    with pytest.raises(UnshelfError):
        client.data.add("orders", data)
    assert control.asked == []


@pytest.mark.parametrize(
    ("form", "kind"), [("pandas", pd.DataFrame), ("polars", pl.DataFrame), ("arrow", pa.Table), (None, pd.DataFrame)]
)
def test_rows_come_in_the_form_that_is_asked_for(control: Control, client: Client, form: Any, kind: type) -> None:
    table = pa.Table.from_pandas(FRAME)
    control.reply("GET", "/api/v1/data/lake/rows", bytes(encode_table(table)))
    found = client.data.read("data://lake/2024/a.csv", rows=2, form=form)
    assert type(found) is kind
    assert len(found) == 2
    assert control.asked[0].path.endswith("?path=2024%2Fa.csv&rows=2")


def test_files_are_fetched_and_verified(control: Control, client: Client, tmp_path: Path) -> None:
    content = b"a\n1\n"
    file = {"path": "2024/a.csv", "sha256": sha256(content).hexdigest(), "size": len(content)}
    control.reply("GET", "/api/v1/data/orders", {"version": {"version": 3, "files": [file]}})
    control.reply("GET", "/api/v1/data/orders/files", content)
    assert client.data.get("orders@3", tmp_path) == [tmp_path / "2024" / "a.csv"]
    assert (tmp_path / "2024" / "a.csv").read_bytes() == content
    control.replies.clear()
    control.reply("GET", "/api/v1/data/orders", {"version": {"version": 3, "files": [file]}})
    control.reply("GET", "/api/v1/data/orders/files", b"something else")
    with pytest.raises(UnshelfError, match="digest"):
        client.data.get("orders@3", tmp_path)
    assert (tmp_path / "2024" / "a.csv").read_bytes() == content
    assert len(list((tmp_path / "2024").iterdir())) == 1


@pytest.mark.parametrize("path", ["../a", "/etc/passwd", "a\\b"])
def test_a_path_that_leaves_the_folder_is_refused(control: Control, client: Client, tmp_path: Path, path: str) -> None:
    file = {"path": path, "sha256": "0" * 64, "size": 1}
    control.reply("GET", "/api/v1/data/orders", {"version": {"version": 1, "files": [file]}})
    with pytest.raises(UnshelfError, match="can't be"):
        client.data.get("orders", tmp_path)


def test_the_module_speaks_to_a_server_of_its_own(control: Control, client: Client) -> None:
    from tests.support.routes import TOKEN

    control.reply("GET", "/api/v1/data", {"data": [{"name": "orders"}], "next_cursor": None})
    control.reply("DELETE", "/api/v1/data/orders", None, 204)
    assert unshelf.data.names(url=control.url, token=TOKEN) == [{"name": "orders"}]
    unshelf.data.delete("data://orders@2", url=control.url, token=TOKEN)
    assert control.asked[-1].path == "/api/v1/data/orders?version=2"


def test_a_reference_is_told_by_its_beginning() -> None:
    assert [is_reference(each) for each in ("data://orders", "orders", FRAME, None)] == [True, False, False, False]


@pytest.mark.parametrize("ref", ["data://Orders", "orders@0", "lake/../x"])
def test_a_wrong_reference_is_refused_before_it_is_sent(control: Control, client: Client, ref: str) -> None:
    with pytest.raises(UnshelfError) as raised:
        client.data.read(ref)
    assert (raised.value.code, control.asked) == ("invalid_reference", [])
