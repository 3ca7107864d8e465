"""From predictions and labels to a number: predicted, archived, labelled by file and by API, corrected, measured."""

import time
from pathlib import Path
from typing import Any

from tests.support.in_process import in_process_control
from tests.support.segments import record, write
from tests.support.waiting import wait_until
from unshelf.client.monitoring.labelled_rows import LabelColumns, labels_in

LABELS = "/api/v1/labels"


def test_predictions_are_measured_as_their_labels_arrive(tmp_path: Path) -> None:
    with in_process_control(tmp_path / "home") as control:
        control.deploy("iris")
        assert control.http.patch("/api/v1/models/iris/columns", json={"task": "classification"}).status_code == 200
        first = f"{time.time_ns() // 10**6:012x}{'0' * 16}"
        early = control.http.post(LABELS, json={"model": "iris", "labels": [{"prediction_id": first, "value": 0}]})
        assert early.json() == {"accepted": 1, "duplicates": 0, "corrected": 0, "waiting": 1, "warnings": []}

        moment = time.time_ns() - 10**9
        calls = [record(n, time_ns=moment + n, output=b"[%d]" % (n % 2)) for n in range(4)]
        write(
            control.home.predictions / "20261101T000000000000001-0-a.seg", record(9, id=first, time_ns=moment), *calls
        )

        def measured() -> dict[str, Any]:
            answer = control.http.get("/api/v1/models/iris/quality", params={"since": "1d"})
            assert answer.status_code == 200, answer.text
            found: dict[str, Any] = answer.json()["measured"]
            return found

        wait_until(lambda: measured()["labelled"] == 1, seconds=20)
        assert measured()["rows"] == 5
        path = tmp_path / "truth.csv"
        path.write_text("prediction_id,label\np0,0\np1,0\np2,1\n")
        batch = {"model": "iris", "labels": list(labels_in(path, LabelColumns())), "source": "truth.csv"}
        assert control.http.post(LABELS, json=batch).json()["accepted"] == 3
        wait_until(lambda: measured()["labelled"] == 4, seconds=20)
        assert measured()["metrics"][0]["value"] == 0.5
        wrong = {
            "model": "iris",
            "labels": [{"prediction_id": "p3", "value": 1}, {"prediction_id": "p3", "value": None}],
        }
        refused = control.http.post(LABELS, json=wrong)
        assert (refused.status_code, refused.json()["errors"][0]["row"]) == (422, 1)
        corrected = {
            "model": "iris",
            "labels": [{"prediction_id": "p1", "value": 1}, {"prediction_id": "p0", "value": 0}],
        }
        answer = control.http.post(LABELS, json=corrected).json()
        assert (answer["corrected"], answer["duplicates"], answer["waiting"]) == (1, 1, 0)
        wait_until(lambda: measured()["metrics"][0]["value"] == 0.75, seconds=20)
        assert measured()["labelled"] == 4
        summary = control.http.get(f"{LABELS}/summary", params={"model": "iris"}).json()
        assert (summary["labels"], summary["joined"], summary["waiting"], summary["corrections"]) == (4, 4, 0, 1)
        listed = control.http.get(LABELS, params={"model": "iris", "prediction_id": "p1", "history": True}).json()[
            "labels"
        ]
        assert [(each["value"], each["is_latest"]) for each in listed] == [(1, True), (0, False)]
        assert control.http.post(LABELS, json={"model": "nowhere", "labels": batch["labels"]}).status_code == 404
        labeller = control.client(role="labeller", models=["iris"])
        assert labeller.post(LABELS, json=batch).json()["duplicates"] == 2
        assert labeller.get(LABELS, params={"model": "iris"}).status_code == 403
