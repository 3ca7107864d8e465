"""The demo sends the truth of what its models were asked, as far as it is known by now."""

import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from tests.support.control import Control
from unshelf.cli.demo.full.monitoring.labels import fill
from unshelf.cli.demo.full.sklearn_models import train
from unshelf.cli.demo.full.stage import Stage

ADDED = {"accepted": 1, "duplicates": 0, "corrected": 0, "waiting": 1, "warnings": []}


def test_old_predictions_get_the_truth_of_their_row(stage: Stage, control: Control, tmp_path: Path) -> None:
    stage.home = tmp_path
    patients, now = train().patients, time.time()

    def record(days: float, *rows: object) -> bytes:
        moment = datetime.fromtimestamp(now - days * 86_400, UTC).isoformat().replace("+00:00", "Z")
        return msgspec.json.encode({"id": "01jdz", "time": moment, "input": {"inputs": rows}})

    row = patients.frame.iloc[7].to_dict()
    lines = [record(10, row, {**row, "bmi": 99.0}), record(1, row), record(10, [1.0])]
    control.reply("POST", "/api/v1/labels", ADDED)
    control.reply("GET", "/api/v1/models/credit-default/predictions", [])
    control.reply(
        "GET", "/api/v1/models/diabetes-progression/predictions", [msgspec.json.decode(line) for line in lines]
    )
    control.reply("GET", "/api/v1/collections", {"collections": [], "next_cursor": None})
    done = {"id": "01c", "state": "succeeded", "dataset": "diabetes-progression-seen", "number": 1, "rows": 1}
    control.reply("POST", "/api/v1/collections", done)
    control.reply("GET", "/api/v1/collections/01c", done)
    assert fill(stage) == "those of 1 predictions of diabetes-progression, 0 predictions of credit-default"
    (asked,) = control.calls("POST", "/api/v1/labels")
    (label,) = asked.json["labels"]
    assert control.calls("POST", "/api/v1/collections")[0].json["since"] == "30d"
    assert (label["value"], label["row"]) == (patients.truth[7], 0)
