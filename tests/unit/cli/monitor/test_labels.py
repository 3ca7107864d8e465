"""`unshelf labels` in the terminal."""

import json
from pathlib import Path

from tests.support.control import Control
from tests.unit.cli.conftest import Run

LABEL = {
    "number": 1, "prediction_id": "p1", "key": None, "row": 2, "value": "yes", "at": None, "received_at": "2026-11-01T10:00:00Z",
    "received_by": "ana", "source": "", "is_latest": True, "is_joined": False,
}  # fmt: skip
SUMMARY = {
    "model": "iris", "labels": 10, "joined": 7, "waiting": 3, "corrections": 1, "first_at": "2026-11-01T10:00:00Z", "last_at": None,
}  # fmt: skip


def test_a_file_is_sent(control: Control, run: Run, tmp_path: Path) -> None:
    control.reply(
        "POST",
        "/api/v1/labels",
        {"accepted": 2, "duplicates": 1, "corrected": 1, "waiting": 2, "warnings": ["odd [x]"]},
    )
    path = tmp_path / "truth.csv"
    path.write_text("order,left\n7,yes\n")
    said = run("labels", "add", "iris", "--data", str(path), "--key-column", "order", "--label-column", "left").out
    assert "2 accepted, 1 of them corrections; 1 known already; 2 wait for their prediction." in said
    assert "odd [x]" in said
    (asked,) = (each.json for each in control.asked if each.method == "POST")
    assert asked == {"model": "iris", "source": str(path), "labels": [{"value": "yes", "key": "7"}]}
    assert (
        json.loads(
            run(
                "labels",
                "add",
                "iris",
                "--data",
                str(path),
                "--key-column",
                "order",
                "--label-column",
                "left",
                "--json",
            ).out
        )["accepted"]
        == 2
    )


def test_labels_are_listed_with_their_history(control: Control, run: Run) -> None:
    old = {**LABEL, "prediction_id": None, "key": "k", "row": None, "is_latest": False}
    stray = {**LABEL, "row": 99, "request_rows": 4}
    control.reply("GET", "/api/v1/labels", {"labels": [LABEL, old, stray], "next_cursor": None})
    said = run("labels", "list", "iris", "--history").out
    assert "waits for its" in said
    assert "key k" in said
    assert "corrected" in said
    assert "no such row" in said
    assert json.loads(run("labels", "show", "iris", "k", "--key", "--json").out)[0]["value"] == "yes"
    assert "p1" in run("labels", "show", "iris", "p1").out


def test_the_summary_says_how_many_wait(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/labels/summary", SUMMARY)
    said = run("labels", "summary", "iris").out
    assert "wait for it" in said
    assert "3" in said
    assert json.loads(run("labels", "summary", "iris", "--json").out) == SUMMARY
