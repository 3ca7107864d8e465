"""Metrics of somebody's own, from a function to values: laid out, ordered as a job without secrets, kept, evaluated anew after a change."""

import json
import time
from pathlib import Path
from typing import Any

from tests.support.in_process import InProcessControl, in_process_control
from tests.support.segments import record, write
from tests.support.waiting import wait_until

AT = "/api/v1/models/iris/quality/metrics"
MONITORS = "/api/v1/models/iris/monitors"
CODE = "def lost(truth, prediction, rows):\n    return 1\n"


def orders(control: InProcessControl) -> list[str]:
    return [
        job for (job, _), order in control.host.jobs.orders.items() if order.command[0].startswith("worker/metrics")
    ]


def ended(control: InProcessControl, job: str, **parts: Any) -> None:
    day = time.strftime("%Y-%m-%d", time.gmtime())
    results = json.dumps({"days": [{"day": day, **parts}]})
    control.host.jobs.end(job, results=results)


def metric(control: InProcessControl) -> dict[str, Any]:
    (found,) = control.http.get(AT).json()["metrics"]
    return dict(found)


def value(control: InProcessControl) -> float | None:
    found = control.http.get("/api/v1/models/iris/quality", params={"since": "2d", "by": "day"}).json()
    return next((each["value"] for each in found["measured"]["metrics"] if each["custom"]), None)


def low(control: InProcessControl) -> dict[str, Any] | None:
    listed = control.http.get("/api/v1/alerts", params={"state": "open"}).json()["alerts"]
    return next((each for each in listed if each["kind"] == "performance_low"), None)


def label(control: InProcessControl, **values: int) -> None:
    labels = [{"prediction_id": id, "value": each} for id, each in values.items()]
    assert control.http.post("/api/v1/labels", json={"model": "iris", "labels": labels}).status_code == 200


def test_a_function_is_evaluated_by_a_job_as_labels_arrive(tmp_path: Path) -> None:
    with in_process_control(tmp_path / "home") as control:
        control.deploy("iris")
        assert control.http.patch("/api/v1/models/iris/columns", json={"task": "classification"}).status_code == 200
        secret = {"value": "of the model"}
        assert control.http.put("/api/v1/models/iris/secrets/KEY", json=secret).is_success
        noon = time.time_ns()
        write(
            control.home.predictions / "20261101T000000000000001-0-a.seg",
            *(record(n, time_ns=noon - 10**9 + n, output=b"[1]") for n in range(4)),
        )
        assert control.http.put(f"{AT}/lost", json={"code": CODE, "better": "lower"}).json()["number"] == 1
        label(control, p0=1, p1=0)
        (first,) = wait_until(lambda: orders(control), seconds=60, what="the job of the metric")
        order = control.host.jobs.orders[first, 1]
        assert order.secrets == {} and order.network.access == "none"
        paths = {file.path for each in order.inputs for file in each.files}
        assert {"plan.json", "metric.py"} < paths and len(paths) == 3

        own = {
            "name": "own",
            "kind": "performance",
            "metric": "lost",
            "relative": False,
            "threshold": 1.0,
            "least_labels": 10,
        }
        assert control.http.post(MONITORS, json={**own, "metric": "lots"}).status_code == 422
        assert control.http.post(MONITORS, json=own).json()["metric"] == "lost"
        ended(control, first, parts={"": {"value": 2.5, "low": 2.0, "high": 3.0, "spread": 0.2, "rows": 50}})
        wait_until(lambda: value(control) == 2.5, seconds=60, what="the value of the metric")
        alert = wait_until(lambda: low(control), seconds=60, what="the alert of the monitor of the metric")
        assert "lost is 2.5 (95 % interval 2 to 3) of 50 labelled rows; 1 is the worst that is fine" in alert["summary"]
        assert (alert["evidence"]["monitor"], alert["evidence"]["columns"][0]["measure"]) == ("own", "lost")
        better = control.http.patch(f"{MONITORS}/own", json={"worse": "below"})
        assert better.json()["worse"] == "below"
        control.http.post(f"{MONITORS}/run", json={"monitor": "own"})
        wait_until(lambda: low(control) is None, seconds=60, what="the end of the alert")
        assert (metric(control)["days"], metric(control)["problem"]) == (1, "")
        label(control, p2=1)
        second = wait_until(lambda: next((job for job in orders(control) if job != first), None), what="the next job")
        ended(control, second, problem="It raised ValueError (line 2): no rows.")
        wait_until(lambda: metric(control)["problem"], seconds=60, what="the problem")
        assert value(control) is None, "what was found on other labels is no value of these"
        assert len(orders(control)) == 2, "what was evaluated is not evaluated again"

        refused = control.http.post(f"/api/v1/jobs/{second}/clone", json={})
        assert refused.status_code in (404, 405, 409), refused.text
        assert control.http.put(f"{AT}/Lost", json={"code": CODE}).status_code == 422
        assert control.http.put(f"{AT}/lost", json={"code": CODE, "tier": "huge"}).status_code == 404
        detail = control.http.get(f"{AT}/lost").json()
        assert detail["versions"][0]["code"] == CODE
        assert control.http.delete(f"{AT}/lost").status_code == 204
        assert control.http.get(AT).json() == {"metrics": []}
        actions = [action for action, _ in control.audit()]
        assert ("model.metric_set" in actions, "model.metric_removed" in actions) == (True, True)


def test_a_bundle_declares_metrics_that_its_model_gets_with_the_deploy(tmp_path: Path) -> None:
    with in_process_control(tmp_path / "home") as control:
        code = CODE.encode()
        wanted = {"name": "lost", "better": "lower"}
        manifest = control.manifest(b"model", code)
        manifest["metrics"] = [{**wanted, "file": manifest["files"][1]["path"]}]
        assert control.events(control.begin("iris", manifest))[-1]["state"] == "done"
        assert (metric(control)["number"], metric(control)["better"]) == (1, "lower")
        assert control.http.get(f"{AT}/lost").json()["versions"][0]["code"] == CODE
        assert control.audit().count(("model.metric_set", "iris")) == 1
        again = control.manifest(b"another", code)
        again["metrics"] = [{**wanted, "file": again["files"][1]["path"]}]
        assert control.events(control.begin("iris", again))[-1]["state"] == "done"
        assert metric(control)["number"] == 1, "what is so already is no new version"
        wrong = {**again, "metrics": [{"name": "lost", "file": again["files"][0]["path"]}]}
        refused = control.http.post("/api/v1/deploys", json={"name": "iris", "manifest": wrong})
        assert refused.status_code == 422 and "no function 'lost'" in refused.json()["detail"]
        missing = {**again, "metrics": [{"name": "lost", "file": "elsewhere.py"}]}
        refused = control.http.post("/api/v1/deploys", json={"name": "iris", "manifest": missing})
        assert refused.status_code == 422 and "no file of the bundle" in refused.json()["detail"]
