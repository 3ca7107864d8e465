"""`unshelf data`: what is sent, and what people and programs are shown."""

import json
from pathlib import Path

import pyarrow as pa

from tests.support.control import Control
from tests.unit.cli.conftest import Run
from unshelf.client.data.arrow import encode_table

VERSION = {
    "version": 2, "digest": "d", "format": "csv", "bytes": 2048, "rows": 3, "created_at": "2026-05-01T00:00:00Z",
    "created_by": "ana", "files": [{"path": "a.csv", "sha256": "0" * 64, "size": 2048}], "preview": [[1]],
    "columns": [
        {"name": "city", "type": "text", "count": 3, "gaps": 1, "minimum": 3, "maximum": 4, "mean": 3.5,
         "top": [{"value": "Ulm", "count": 2}]}
    ],
}  # fmt: skip
NAME = {"name": "orders", "kind": "dataset", "project": "risk", "description": "Orders", "created_at": "2026-05-01T00:00:00Z",
        "created_by": "ana"}  # fmt: skip


def test_adding_shows_the_version_and_its_profile(control: Control, run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("city\nUlm\n")
    control.reply("POST", "/api/v1/data", {**VERSION, "name": "orders", "new": True}, 201)
    said = run("data", "add", "orders", str(tmp_path / "a.csv"), "--project", "risk")
    assert said.code == 0
    assert "data://orders@2 is added" in said.out
    assert "Ulm (2)" in said.out
    assert control.calls("POST", "/api/v1/data")[0].json["project"] == "risk"


def test_lists_and_details_are_shown(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/data", {"data": [NAME], "next_cursor": None})
    use = {"dataset_version": 2, "reference": "credit:3", "role": "baseline"}
    detail = {**NAME, "versions": [VERSION], "version": VERSION, "uses": [use], "connection": None, "binding": None}
    control.reply("GET", "/api/v1/data/orders", detail)
    assert "orders" in run("data", "list").out
    shown = run("data", "show", "data://orders@2").out
    assert "credit:3" in shown
    assert "2 KiB" in shown
    assert json.loads(run("data", "show", "orders", "--json").out)["kind"] == "dataset"


def test_rows_are_read_and_deleted_names_named(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/data/orders/rows", bytes(encode_table(pa.table({"a": [1, None]}))))
    control.reply("DELETE", "/api/v1/data/orders", None, 204)
    said = json.loads(run("data", "read", "orders", "--rows", "2", "--json").out)
    assert said == {"columns": [{"name": "a", "type": "int64"}], "rows": [[1], [None]]}
    assert "orders is deleted" in run("data", "delete", "orders").out


def test_a_missing_name_fails(control: Control, run: Run) -> None:
    control.problem("GET", "/api/v1/data/absent", 404, "not_found", "There is no data 'absent'.")
    said = run("data", "show", "absent")
    assert (said.code, "no data" in said.err) == (1, True)


def test_a_connection_takes_its_credentials_from_standard_input(control: Control, run: Run) -> None:
    place = {"kind": "sql", "settings": {"host": "db"}, "credential_names": ["user"], "readable": True}
    control.reply("PUT", "/api/v1/data/warehouse/connection", place)
    words = ("data", "connect", "warehouse", "sql", "--setting", "host=db", "--credentials")
    said = run(*words, stdin="user=ana\npassword=a=b\n")
    assert said.code == 0
    asked = control.calls("PUT", "/api/v1/data/warehouse/connection")[0].json
    assert (asked["settings"], asked["credentials"]) == ({"host": "db"}, {"user": "ana", "password": "a=b"})
    refused = run(*words, stdin="hunter2\n")
    assert (refused.code, "hunter2" in refused.out + refused.err) == (1, False)


def test_a_binding_is_sent_as_a_reference(control: Control, run: Run) -> None:
    control.reply("PUT", "/api/v1/data/orders/binding", {"target": "data://warehouse/public.orders"})
    assert "leads to data://warehouse/public.orders" in run("data", "bind", "orders", "warehouse/public.orders").out
    assert control.asked[0].json["target"] == "data://warehouse/public.orders"
    detail = {**NAME, "kind": "connection", "versions": [], "version": None, "uses": [], "binding": None}
    place = {"kind": "sql", "settings": {"host": "db"}, "credential_names": ["user"], "readable": False}
    control.reply("GET", "/api/v1/data/warehouse", {**detail, "connection": place})
    assert "give them again" in run("data", "show", "warehouse").out


def test_data_is_moved_to_another_project(control: Control, run: Run) -> None:
    control.reply("PUT", "/api/v1/data/orders/project", {**NAME, "project": "credit"})
    assert "data://orders belongs to the project credit." in run("data", "move", "orders", "credit").out
    assert json.loads(run("data", "move", "orders", "credit", "--reason", "tidy", "--json").out)["project"] == "credit"
    assert control.asked[-1].json == {"project": "credit", "reason": "tidy"}
