"""Scorings through the client: begun with files or references, waited for, and brought where they are wanted, whole."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests.support.control import Control
from unshelf.client.client import Client
from unshelf.client.errors import InvalidInput, UnshelfError
from unshelf.client.jobs.scorings import _place_of

PATH = "/api/v1/scorings"
SCORING: dict[str, Any] = {"id": "s1", "state": "succeeded", "reason": "", "files": []}


def test_each_act_has_its_address(control: Control, client: Client) -> None:
    control.reply("GET", PATH, {"scorings": [SCORING], "next_cursor": None})
    control.reply("POST", PATH, SCORING, 202)
    control.reply("GET", f"{PATH}/s1", SCORING)
    control.reply("POST", f"{PATH}/s1/cancel", SCORING | {"state": "cancelled"})
    control.reply("DELETE", f"{PATH}/s1", None, 204)
    assert client.scorings(model="m", limit=5) == [SCORING]
    assert client.score("m", "data://orders", out="data://scored", tier="medium", keep=("id",)) == SCORING
    body = next(asked.json for asked in control.asked if asked.method == "POST")
    assert len(body.pop("key")) == 32
    assert body == {
        "reference": "m", "data": "data://orders", "out": "data://scored", "tier": "medium", "keep": ["id"], "format": "parquet",
    }  # fmt: skip
    assert client.cancel_scoring("s1")["state"] == "cancelled"
    client.delete_scoring("s1")


def test_one_that_does_not_end_well_is_an_error_that_says_why(control: Control, client: Client) -> None:
    control.reply("POST", PATH, SCORING | {"state": "reading"}, 202)
    control.reply("GET", f"{PATH}/s1", SCORING | {"state": "failed", "reason": "No rows."})
    with pytest.raises(UnshelfError, match=r"s1 failed: No rows\."):
        client.score("m", "data://orders")


@pytest.mark.parametrize("out", ["scores.json", "here/scores.xlsx"])
def test_results_that_can_not_be_written_are_refused_before_anything_is_scored(
    client: Client, control: Control, out: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput, match="Results are no"):
        client.score("m", "data://orders", out=str(tmp_path / out))
    with pytest.raises(InvalidInput, match="does not wait"):
        client.score("m", "data://orders", out=str(tmp_path), wait=False)
    assert not control.asked


def test_results_lie_where_they_are_wanted_and_failed_rows_beside_them(tmp_path: Path) -> None:

    assert _place_of("predictions.csv", tmp_path / "a.csv") == tmp_path / "a.csv"
    assert _place_of("failed.csv", tmp_path / "a.csv") == tmp_path / "a.failed.csv"
    assert _place_of("failed.csv", tmp_path / "folder") == tmp_path / "folder" / "failed.csv"


def test_a_result_that_comes_damaged_is_not_kept(control: Control, client: Client, tmp_path: Path) -> None:
    digest = hashlib.sha256(b"other").hexdigest()
    file = {"path": "predictions.csv", "sha256": digest, "size": 5}
    control.reply("GET", f"{PATH}/s1", SCORING | {"files": [file]})
    control.reply("GET", f"{PATH}/s1/files", {})
    with pytest.raises(UnshelfError, match="came damaged"):
        client.download_scoring("s1", tmp_path)
    assert not list(tmp_path.iterdir())
