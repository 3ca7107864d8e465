"""The demo has a model that runs elsewhere: registered once, with the same records whenever it is asked."""

import msgspec

from tests.support.control import Control
from unshelf.cli.demo.full.monitoring.elsewhere import MODEL, fill
from unshelf.cli.demo.full.past import DAYS
from unshelf.cli.demo.full.stage import MARK, Stage

ADDED = {"accepted": 1, "duplicates": 0, "corrected": 0, "waiting": 1, "warnings": []}


def test_its_records_are_sent_again_and_change_nothing(stage: Stage, control: Control) -> None:
    control.reply("GET", f"/api/v1/models/{MODEL}", {"name": MODEL})
    control.reply("GET", f"/api/v1/subjects/model/{MODEL}", {"tags": [{"tag": MARK}]})
    taken = {"accepted": 0, "duplicates": 7, "refused": 0, "faults": []}
    control.reply("POST", f"/api/v1/models/{MODEL}/records", taken)
    control.reply("POST", "/api/v1/labels", ADDED)
    assert fill(stage).startswith("1 model with 7 records of 28 days")
    fill(stage)
    first, second = control.calls("POST", f"/api/v1/models/{MODEL}/records")
    assert first.body == second.body
    records = [msgspec.json.decode(line) for line in first.body.splitlines()]
    assert len({record["id"] for record in records}) == len(records) > 30 * DAYS
    late = [record["inputs"]["region"] for record in records[-30:]]
    assert late.count("islands") > 10
    (labels, _) = (each.json["labels"] for each in control.calls("POST", "/api/v1/labels"))
    assert len(labels) < len(records)
    assert control.calls("POST", "/api/v1/models") == []
