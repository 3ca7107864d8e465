"""Rows of recorded predictions with their labels: which are taken, and what their columns are called and hold."""

from pathlib import Path
from typing import Any

import pytest

from unshelf.develop.datasets.processes import LIMITS
from unshelf.monitor.retraining.collect_process import _free, _typed, carry_out
from unshelf.monitor.retraining.messages import COLLECTED_FILE, CollectOrder, RowsCollected


def order(folder: Path, **fields: Any) -> CollectOrder:
    for name in ("scratch", "run"):
        (folder / name).mkdir(exist_ok=True)
    wanted: dict[str, Any] = {
        "folder": str(folder), "predictions": "files", "s3_endpoint": "", "run_folder": str(folder / "run"), "model": "iris",
        "versions": [1],
        "since_ns": 0, "until_ns": 10**18 * 4, "slice": None, "roles": {}, "label": "label", "labels": "", "most_rows": 10,
        "scratch": str(folder / "scratch"), "limits": LIMITS,
    }  # fmt: skip
    return CollectOrder(**{**wanted, **fields})


def test_nothing_recorded_is_no_row(tmp_path: Path) -> None:
    found = carry_out(order(tmp_path))
    assert found == RowsCollected(rows=0, labelled=0, versions=[])
    assert not (tmp_path / "scratch" / COLLECTED_FILE).exists()


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (["1", None, "2"], "int64"), (["1", "2.5"], "double"), (["true", "false"], "bool"), (['"a"', "1"], "string"), ([None], "bool"),
    ],
)  # fmt: skip
def test_labels_have_the_narrowest_type_that_holds_them(texts: list[str | None], kind: str) -> None:
    assert str(_typed(texts).type) == kind


def test_columns_keep_their_names_unless_another_has_it() -> None:
    assert _free("in:age", {}) == "age"
    assert _free("out:age", {"age": 1}) == "out_age"
    assert _free("in:predicted_at", {"predicted_at": 1}) == "in_predicted_at"
