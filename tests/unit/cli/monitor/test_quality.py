"""`unshelf quality` in the terminal."""

import json
from typing import Any

from tests.support.control import Control
from tests.unit.cli.conftest import Run

ACCURACY = {"name": "accuracy", "value": 0.9, "low": 0.85, "high": 0.93}
LOSS = {"name": "log_loss", "value": 0.31234, "low": None, "high": None}
MEASURED: dict[str, Any] = {
    "rows": 1200,
    "labelled": 400,
    "coverage": 1 / 3,
    "metrics": [ACCURACY, LOSS],
    "worth": -1234.5,
}
ESTIMATE: dict[str, Any] = {
    "name": "accuracy", "value": 0.877, "low": 0.84, "high": 0.91, "rows": 600, "labelled": 400,
    "held": {"labelled": 300, "expected": 0.88, "truth": 0.86, "is_inside": True},
}  # fmt: skip
QUALITY: dict[str, Any] = {
    "name": "iris", "version": None, "since": "2026-11-01T00:00:00Z", "until": "2026-12-01T00:00:00Z", "by": "day",
    "task": "classification", "measured": MEASURED, "unusable": 0, "ambiguous": 0,
    "estimated": {"total": ESTIMATE, "held": 1, "inside": 1, "error": 0.02, "missing": ""},
    "steps": [
        {"start": "2026-11-01T00:00:00Z", "measured": MEASURED, "estimate": ESTIMATE},
        {"start": "2026-11-02T00:00:00Z", "measured": MEASURED, "estimate": None},
    ],
    "versions": [{"version": 1, "measured": MEASURED}],
    "slices": [
        {"column": "region", "value": "north", "measured": MEASURED, "estimate": ESTIMATE},
        {"column": "region", "value": "south", "measured": {**MEASURED, "metrics": []}, "estimate": None},
    ],
    "classes": [{"name": "a", "rows": 10, "answered": 9, "precision": ACCURACY, "recall": None, "f1": None}],
    "confusion": [], "calibration": [], "labels": {}, "value": {"unit": "EUR"}, "notes": ["3 labels wait."],
}  # fmt: skip


def test_quality_is_shown_with_intervals_parts_and_classes(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/models/iris/quality", QUALITY)
    said = run("quality", "iris", "--since", "28d").out
    assert "Slices, estimated without labels" in said and said.count("region = north") == 2
    for part in (
        "400 of 1,200 predictions of iris",
        "3 labels wait.",
        "worth -1,234.50 EUR",
        "90.0%",
        "85.0% to 93.0%",
        "0.3123",
        "region = north",
        "version 1",
        "Estimated without labels",
        "87.7%",
        "84.0% to 91.0%",
        "1 of 1 estimates that were held against labels",
        "2.0% off on average",
    ):
        assert part in said, part
    assert "region = south" not in said, "nothing of it has a label"
    assert json.loads(run("quality", "iris", "--json").out) == QUALITY


def test_without_labels_it_says_so(control: Control, run: Run) -> None:
    nothing = {**MEASURED, "labelled": 0, "metrics": [], "worth": None}
    control.reply(
        "GET", "/api/v1/models/iris/quality",
        {**QUALITY, "estimated": {"total": None, "missing": "Record scores [once]."}} | {"measured": nothing,
         "steps": [], "versions": [], "slices": [], "classes": [], "notes": ["No label has arrived yet."]},
    )  # fmt: skip
    said = run("quality", "iris").out
    assert "0 of 1,200 predictions of iris" in said
    assert "No label has arrived yet." in said
    assert "Record scores [once]." in said and "Estimated" not in said


def test_nothing_measured_is_said_in_words_not_as_0_of_0(control: Control, run: Run) -> None:
    nothing = {**MEASURED, "rows": 0, "labelled": 0, "metrics": [], "worth": None}
    empty: dict[str, object] = {"steps": [], "versions": [], "slices": [], "classes": [], "notes": []}
    control.reply("GET", "/api/v1/models/iris/quality", {**QUALITY, "measured": nothing, **empty})
    said = run("quality", "iris").out
    assert "No prediction of iris" in said
    assert "0 of 0" not in said
