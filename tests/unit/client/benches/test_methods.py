"""Benches through the client: begun with the version's rows or with given ones, waited for, listed, ended."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.control import Control
from unshelf.client.client import Client
from unshelf.client.errors import UnshelfError

PATH = "/api/v1/benches"
BENCH: dict[str, Any] = {"id": "b1", "state": "succeeded", "reason": "", "tiers": []}


def test_each_act_has_its_address(control: Control, client: Client) -> None:
    control.reply("GET", PATH, {"benches": [BENCH], "next_cursor": None})
    control.reply("POST", PATH, BENCH | {"state": "waiting"}, 202)
    control.reply("GET", f"{PATH}/b1", BENCH)
    control.reply("POST", f"{PATH}/b1/cancel", BENCH | {"state": "cancelled"})
    control.reply("DELETE", f"{PATH}/b1", None, 204)
    seen: list[str] = []
    assert client.bench("m", tiers=["small"], callers=2, watch=lambda each: seen.append(each["state"])) == BENCH
    body = next(asked.json for asked in control.asked if asked.method == "POST")
    assert len(body.pop("key")) == 32
    assert body == {"reference": "m", "tiers": ["small"], "callers": 2, "data": ""}
    assert seen == ["succeeded"]
    assert client.benches(model="m", version=3, limit=5) == [BENCH]
    assert control.asked[-1].path == f"{PATH}?model=m&version=3&limit=5"
    assert client.benches() == [BENCH]
    assert client.cancel_bench("b1")["state"] == "cancelled"
    client.delete_bench("b1")


def test_rows_of_a_file_are_uploaded(control: Control, client: Client, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a\n1\n")
    control.reply("POST", PATH, BENCH, 202)
    client.bench("m", data=str(tmp_path / "rows.csv"), wait=False)
    body = next(asked.json for asked in control.calls("POST", PATH))
    assert [file["path"] for file in body["files"]] == ["rows.csv"]
    assert list(control.blobs.values()) == [b"a\n1\n"]


def test_one_that_measured_nothing_is_an_error_that_says_why(control: Control, client: Client) -> None:
    control.reply("POST", PATH, BENCH, 202)
    control.reply("GET", f"{PATH}/b1", BENCH | {"state": "failed", "reason": "small: It broke."})
    with pytest.raises(UnshelfError, match=r"b1 failed: small: It broke\."):
        client.bench("m")
