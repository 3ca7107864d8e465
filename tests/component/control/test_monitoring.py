"""Records become windows, dashboards and the fleet in a running control, by the processes that do it for real."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.in_process import InProcessControl, in_process_control
from tests.support.segments import held, record, write
from tests.support.waiting import wait_until


@pytest.fixture
def control(tmp_path: Path) -> Iterator[InProcessControl]:
    with in_process_control(tmp_path / "home") as running:
        yield running


def get(control: InProcessControl, path: str, **query: Any) -> Any:
    answer = control.http.get(f"/api/v1/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_request_is_on_the_dashboard_at_once_and_in_the_windows_once_it_is_archived(
    control: InProcessControl,
) -> None:
    control.deploy("iris")
    assert get(control, "models/iris/dashboard")["words"] == ["iris has not been asked for anything yet."]
    moment = time.time_ns() - 3600 * 10**9
    segment = control.home.predictions / "20261101T000000000000001-0-a.seg"
    write(
        segment, *(record(n, time_ns=moment + n) for n in range(5)),
        record(9, time_ns=moment, status=500, code="model_error"),
    )  # fmt: skip
    with held(segment):
        live = get(control, "models/iris/dashboard", since="1d")
        assert (live["traffic"]["requests"], live["traffic"]["errors"]) == (6, {"model_error": 1})
        assert get(control, "fleet")["models"][0]["requests"] == 0, "the fleet shows what is archived"
    wait_until(lambda: get(control, "fleet")["models"][0]["requests"] == 6)
    found = get(control, "models/iris:1/dashboard", since="1d")
    assert (found["traffic"]["requests"], found["version"], found["reads_records"]) == (6, 1, True)
    assert {each["column"] for each in found["columns"]} >= {"out:output"}
    column = get(control, "models/iris/dashboard/column", column="out:output", since="1d")
    assert sum(column["window"]) == pytest.approx(1)
    assert column["labels"] == ["0"]


def test_roles_are_shown_and_changed_over_the_api(control: InProcessControl) -> None:
    control.deploy("iris")
    found = get(control, "models/iris/columns")
    assert (found["version"], found["prediction"], found["sources"]["prediction"]) == (1, "output", "inferred")
    answer = control.http.patch(
        "/api/v1/models/iris/columns", json={"label": "species", "task": "classification", "reason": "why"}
    )
    assert (answer.status_code, answer.json()["label"], answer.json()["sources"]["label"]) == (200, "species", "edited")
    wrong = control.http.patch("/api/v1/models/iris/columns", json={"key": "nowhere"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_input")
    assert "no input 'nowhere'" in wrong.json()["detail"]
    assert control.http.patch("/api/v1/models/iris/columns", json={"colour": "red"}).status_code == 422
    wrong_time = control.http.get("/api/v1/models/iris/dashboard", params={"since": "tomorrow"})
    assert (wrong_time.status_code, "no time" in wrong_time.json()["detail"]) == (422, True)


def test_a_monitor_of_predictions_judges_each_window_once(tmp_path: Path) -> None:
    """Given a monitor of every 100 predictions, when 250 come in two segments, then two windows are judged, and the third is open."""
    with in_process_control(tmp_path / "home") as control:
        control.deploy("iris")
        wanted = {"name": "by-hundred", "kind": "errors", "window": "100", "threshold": 0.05}
        made = control.http.post("/api/v1/models/iris/monitors", json=wanted)
        assert (made.status_code, made.json()["window"]) == (201, "100")
        moment = time.time_ns() - 10**10
        for part, (first, last) in enumerate(((0, 130), (130, 250))):
            calls = [
                record(n, time_ns=moment + n, **({"status": 500, "code": "model_failed"} if 100 <= n < 150 else {}))
                for n in range(first, last)
            ]
            write(control.home.predictions / f"20261101T00000000000000{part + 1}-0-a.seg", *calls)

        def judged() -> list[tuple[str, int, bool]]:
            found = control.http.get("/api/v1/models/iris/monitors/by-hundred/results").json()["results"]
            return sorted((each["status"], each["rows"], each["complete"]) for each in found)

        wait_until(lambda: len(judged()) == 2, seconds=120, what="two windows of a hundred predictions")
        assert {(rows, complete) for _, rows, complete in judged()} == {(100, True)}
        assert "alarm" in {status for status, _, _ in judged()}
        assert control.http.patch("/api/v1/models/iris/monitors/by-hundred", json={"window": "7"}).status_code == 422


def test_a_monitor_watches_a_slice_that_the_version_has(tmp_path: Path) -> None:
    """Given a model parted by an input, when a monitor asks for one of its values, then these rows are counted from then on."""
    with in_process_control(tmp_path / "home") as control:
        control.deploy("iris")
        (column, *_) = control.http.get("/api/v1/models/iris/columns").json()["inputs"]
        wanted = {"name": "ones", "kind": "inputs", "window": "hour", "slice": f"{column}=1"}
        refused = control.http.post("/api/v1/models/iris/monitors", json=wanted)
        assert (refused.status_code, refused.json()["detail"]) == (422, f"'{column}' is no slice of iris.")
        assert control.http.patch("/api/v1/models/iris/columns", json={"slices": [column]}).status_code == 200
        assert control.http.post("/api/v1/models/iris/monitors", json=wanted).json()["slice"] == f"{column}=1"
        moment = time.time_ns() - 10**9
        calls = [
            record(n, time_ns=moment + n, input=b'{"inputs": [[%d.0]]}' % (1 + n % 2), output=b"[0]") for n in range(80)
        ]
        write(control.home.predictions / "20261101T000000000000001-0-a.seg", *calls)

        def found() -> dict[str, Any] | None:
            results = control.http.get("/api/v1/models/iris/monitors/ones/results").json()["results"]
            return next((each for each in results if each["rows"]), None)

        result = wait_until(found, seconds=120, what="the slice is counted and judged")
        assert (result["status"], result["rows"]) == ("not_judged", 40)
        assert result["reason"].startswith("There are not 1,000 rows yet")


def test_a_monitor_that_is_made_now_judges_what_was_recorded_before(tmp_path: Path) -> None:
    """Given counted records, when a monitor of every 100 predictions and one of a slice are made, then both judge them; no row twice."""
    with in_process_control(tmp_path / "home") as control:
        control.deploy("iris")
        (column, *_) = control.http.get("/api/v1/models/iris/columns").json()["inputs"]
        assert control.http.patch("/api/v1/models/iris/columns", json={"slices": [column]}).status_code == 200
        moment = time.time_ns() - 10**10
        calls = [
            record(n, time_ns=moment + n, input=b'{"inputs": [[%d.0]]}' % (1 + n % 2), output=b"[0]")
            for n in range(250)
        ]
        write(control.home.predictions / "20261101T000000000000001-0-a.seg", *calls)

        def judged(name: str) -> list[int]:
            results = control.http.get(f"/api/v1/models/iris/monitors/{name}/results").json()["results"]
            return [each["rows"] for each in results if each["rows"]]

        wait_until(lambda: judged("errors"), seconds=120, what="the records are counted and judged")
        usual = {"kind": "inputs", "name": "ones", "window": "hour", "slice": f"{column}=1"}
        assert control.http.post("/api/v1/models/iris/monitors", json=usual).status_code == 201
        hundred = {"name": "by-hundred", "kind": "errors", "window": "100"}
        assert control.http.post("/api/v1/models/iris/monitors", json=hundred).status_code == 201
        wait_until(lambda: judged("by-hundred") == [100, 100], seconds=120, what="two windows of the past are judged")

        def of_slice() -> list[int]:
            since = time.strftime("%Y-%m-%dT00:00:00Z", time.gmtime(time.time() - 86400))
            control.http.post("/api/v1/models/iris/monitors/run", json={"monitor": "ones", "since": since})
            return judged("ones")

        wait_until(lambda: sum(of_slice()) == 125, seconds=120, what="the past of the slice is judged")
        dashboard = control.http.get("/api/v1/models/iris/dashboard", params={"since": "1d", "window": 100}).json()
        assert [step["requests"] for step in dashboard["steps"]] == [100, 100, 50]
        assert dashboard["window_sizes"] == [100]
