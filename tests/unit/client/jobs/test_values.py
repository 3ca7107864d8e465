"""Values are fetched from ended jobs."""

from pathlib import Path
from typing import Any

import pytest

from unshelf.client.errors import UnshelfError
from unshelf.client.jobs.call import write_value
from unshelf.client.jobs.values import fetch_value


def job(folder: Path | None = None, **facts: Any) -> dict[str, Any]:
    files = (
        []
        if folder is None
        else [{"path": path.relative_to(folder).as_posix()} for path in folder.rglob("*") if path.is_file()]
    )
    return {"id": "j1", "state": "succeeded", "reason": "", "runs": [{"files": files}]} | facts


def test_a_plain_value_leaves_no_folder_behind_and_files_stay(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"x")
    for value in (7, tmp_path / "model.bin"):
        left = tmp_path / type(value).__name__
        write_value(value, left / "value")
        found = fetch_value(job(left), lambda path: (left / path).read_bytes())  # noqa: B023
        assert found == 7 if value == 7 else found.read_bytes() == b"x"
    into = tmp_path / "into"
    assert fetch_value(job(left), lambda path: (left / path).read_bytes(), into).is_relative_to(into)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"state": "timed_out", "reason": "It was over its time limit."}, "timed out: It was over"), ({}, "left no value"),
        ({"runs": [{"files": [{"path": "value/value.json"}, {"path": "value/../../x"}]}]}, "leads out"),
    ],
)  # fmt: skip
def test_what_is_no_value_is_said(facts: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(UnshelfError, match=said):
        fetch_value(job(**facts), lambda _: b"{}", tmp_path)
