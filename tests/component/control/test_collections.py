"""Recorded predictions become versions of a dataset: with labels, by slice and range, redacted values staying so, again by a trigger."""

import json
import time
from pathlib import Path
from typing import Any

from tests.support.in_process import InProcessControl, in_process_control
from tests.support.waiting import wait_until

SIGNATURE = {
    "inputs": {
        "kind": "columns",
        "columns": [{"name": "age", "type": "int64"}, {"name": "plan", "type": "string"}, {"name": "ssn", "type": "string"}],
    },
    "outputs": {"kind": "columns", "columns": [{"name": "output", "type": "string"}]},
}  # fmt: skip


def collected(control: InProcessControl, **wanted: Any) -> dict[str, Any]:
    begun = control.http.post("/api/v1/collections", json={"model": "churn", "dataset": "churn-seen", **wanted})
    assert begun.status_code == 202, begun.text
    return ended(control, begun.json()["id"])


def ended(control: InProcessControl, id: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = control.http.get(f"/api/v1/collections/{id}").json()
        return found if found["state"] != "running" else None

    return wait_until(look, seconds=60, what="the collection ends")


def rows(control: InProcessControl, number: int) -> list[dict[str, Any]]:
    shown = control.http.get("/api/v1/data/churn-seen", params={"version": number}).json()["version"]
    names = [each["name"] for each in shown["columns"]]
    return [dict(zip(names, row, strict=True)) for row in shown["preview"]]


def test_predictions_with_labels_become_a_dataset_with_its_lineage(tmp_path: Path) -> None:
    with in_process_control(tmp_path / "home") as control:
        wanted = {"name": "churn", "signature": SIGNATURE, "task": "classification", "redact": ["ssn"]}
        assert control.http.post("/api/v1/models", json=wanted).status_code == 201
        now = time.time()
        sent = [
            {
                "id": f"p{n}", "time": now - 60 * n, "output": "stays",
                "inputs": {"age": n, "plan": "pro" if n % 2 else "basic", "ssn": f"s{n}"},
            }
            for n in range(6)
        ]  # fmt: skip
        lines = "\n".join(map(json.dumps, [*sent, {"id": "x", "inputs": {"age": 1}, "error": "late"}]))
        kind = {"Content-Type": "application/x-ndjson"}
        assert control.http.post("/api/v1/models/churn/records", content=lines, headers=kind).json()["accepted"] == 7
        labels = [{"prediction_id": f"p{n}", "value": "leaves" if n == 1 else "stays"} for n in range(4)]
        assert control.http.post("/api/v1/labels", json={"model": "churn", "labels": labels}).json()["accepted"] == 4

        first = collected(control, since="1d")
        assert (first["state"], first["number"], first["rows"], first["labelled"], first["versions"]) == (
            "succeeded", 1, 4, 4, [1]
        ), first  # fmt: skip
        table = {row["prediction_id"]: row for row in rows(control, 1)}
        assert (table["p1"]["age"], table["p1"]["plan"], table["p1"]["output"], table["p1"]["label"]) == (
            1,
            "pro",
            "stays",
            "leaves",
        )
        assert {row["ssn"] for row in table.values()} == {"[redacted]"}
        assert (table["p1"]["predicted_version"], table["p1"]["prediction_row"]) == (1, 0)
        everything = collected(control, labels=False)
        assert (everything["rows"], everything["labelled"], everything["number"]) == (6, 0, 2)
        assert collected(control, labels=False, slice="plan=pro")["rows"] == 3
        assert collected(control, since="150s")["rows"] == 3
        nothing = collected(control, labels=False, slice="plan=gold")
        assert (nothing["state"], nothing["reason"].split(" in this")[0]) == ("failed", "There are no predictions")

        # The same again has the labels that came meanwhile.
        more = {
            "model": "churn",
            "labels": [{"prediction_id": "p4", "value": "stays"}, {"prediction_id": "p0", "value": "leaves"}],
        }
        assert control.http.post("/api/v1/labels", json=more).status_code == 200
        again = control.http.post(f"/api/v1/collections/{first['id']}/again")
        found = ended(control, again.json()["id"])
        assert (found["rows"], found["parent"]) == (5, first["id"])
        assert {row["prediction_id"]: row["label"] for row in rows(control, found["number"])}["p0"] == "leaves"

        # Once more without anything new there is no other version, and it says so.
        same = ended(control, control.http.post(f"/api/v1/collections/{first['id']}/again").json()["id"])
        assert (same["state"], same["number"], found["reason"]) == ("succeeded", found["number"], "")
        assert "had already: nothing was added" in same["reason"]

        # A trigger does it once more when something happens.
        trigger = {"name": "seen", "kind": "collection", "target": first["id"], "action": "release.changed"}
        assert control.http.post("/api/v1/triggers", json=trigger).status_code == 201
        assert control.http.post("/api/v1/models", json={**wanted, "description": "next"}).json()["version"] == 2
        wait_until(
            lambda: control.http.get("/api/v1/collections", params={"model": "churn"}).json()["collections"][0]["parent"] == first["id"]
            and len(control.http.get("/api/v1/collections").json()["collections"]) == 8,
            seconds=60, what="the trigger collects",
        )  # fmt: skip
        odd: list[tuple[dict[str, Any], int]] = [
            ({"model": "gone"}, 404), ({"version": 9}, 404), ({"slice": "plan"}, 422), ({"since": "soon"}, 422),
            ({"until": "3d", "since": "1d"}, 422),
        ]  # fmt: skip
        for wrong, status in odd:
            answer = control.http.post("/api/v1/collections", json={"model": "churn", "dataset": "d", **wrong})
            assert answer.status_code == status, answer.text
